//! Content messages in the order their client made them (T1).
//!
//! A sequence number counts the content messages before it, so a gap shows that an earlier one is missing. The later
//! one is held for at most [`REORDER_HOLD_MS_MAX`]; traffic that comes in order waits for nothing. Messages of one
//! session on several connections may well cross, so a gap is never an error.

use ids::limits::{HELD_BYTES_MAX, HELD_MESSAGES_MAX, REORDER_HOLD_MS_MAX, REORDERED_MESSAGES_MAX};

/// Something with a place in the order.
pub(crate) trait Ordered {
    /// Its odd sequence number.
    fn seqno(&self) -> u32;
    /// Bytes it keeps in memory.
    fn bytes(&self) -> usize;
}

struct Held<T> {
    item: T,
    due_ms: u64,
}

/// The next sequence number and what came before its turn, lowest first.
pub(crate) struct Order<T> {
    next: u32,
    /// Nothing has come yet: the client may be in the middle of a session that was forgotten here.
    is_beginning: bool,
    held: Vec<Held<T>>,
    held_bytes: usize,
}

impl<T: Ordered> Order<T> {
    /// `next` is the sequence number of the first content message that is expected.
    pub(crate) const fn new(next: u32) -> Self {
        Self { next, is_beginning: true, held: Vec::new(), held_bytes: 0 }
    }

    /// A message of the session with this number was seen and refused: its number is used up.
    pub(crate) fn skip(&mut self, seqno: u32) {
        self.next = self.next.max(after(seqno));
    }

    /// Takes an item; adds to `ready` all whose turn it is now.
    pub(crate) fn offer(&mut self, item: T, now_ms: u64, ready: &mut Vec<T>) {
        let seqno = item.seqno();
        if std::mem::take(&mut self.is_beginning)
            && seqno > self.next.saturating_add(2 * REORDERED_MESSAGES_MAX)
        {
            self.next = seqno;
        }
        if seqno <= self.next {
            self.next = self.next.max(after(seqno));
            ready.push(item);
        } else {
            self.held_bytes += item.bytes();
            let at = self.held.partition_point(|held| held.item.seqno() <= seqno);
            self.held.insert(at, Held { item, due_ms: now_ms + REORDER_HOLD_MS_MAX });
        }
        self.release(now_ms, ready);
    }

    /// Adds to `ready` what has its turn, has waited long enough, or is too much to keep.
    pub(crate) fn release(&mut self, now_ms: u64, ready: &mut Vec<T>) {
        let last_due = self.held.iter().rposition(|held| held.due_ms <= now_ms);
        let mut overdue = last_due.map_or(0, |at| at + 1);
        let mut count = 0;
        for (at, held) in self.held.iter().enumerate() {
            let crowded = self.held.len() - at > HELD_MESSAGES_MAX || self.held_bytes > HELD_BYTES_MAX;
            if held.item.seqno() > self.next && overdue == 0 && !crowded {
                break;
            }
            overdue = overdue.saturating_sub(1);
            self.next = self.next.max(after(held.item.seqno()));
            self.held_bytes -= held.item.bytes();
            count += 1;
        }
        ready.extend(self.held.drain(..count).map(|held| held.item));
    }

    /// When [`Order::release`] has something to do.
    pub(crate) fn due_ms(&self) -> Option<u64> {
        self.held.iter().map(|held| held.due_ms).min()
    }

    /// Bytes on the heap, the items' own included.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.held.capacity() * size_of::<Held<T>>() + self.held_bytes
    }

    /// Gives back memory.
    pub(crate) fn rest(&mut self) {
        self.held.shrink_to_fit();
    }
}

/// The first content number that can follow a message with this number.
pub(crate) const fn after(seqno: u32) -> u32 {
    (seqno.saturating_add(1) / 2).saturating_mul(2).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::{Order, Ordered};

    struct Item(u32, usize);

    impl Ordered for Item {
        fn seqno(&self) -> u32 {
            self.0
        }

        fn bytes(&self) -> usize {
            self.1
        }
    }

    fn offer(order: &mut Order<Item>, seqno: u32, now_ms: u64) -> Vec<u32> {
        let mut ready = Vec::new();
        order.offer(Item(seqno, 100), now_ms, &mut ready);
        ready.iter().map(|item| item.0).collect()
    }

    fn release(order: &mut Order<Item>, now_ms: u64) -> Vec<u32> {
        let mut ready = Vec::new();
        order.release(now_ms, &mut ready);
        ready.iter().map(|item| item.0).collect()
    }

    #[test]
    fn t1_in_order_waits_for_nothing() {
        let mut order = Order::new(1);
        for seqno in [1, 3, 5, 7] {
            assert_eq!(offer(&mut order, seqno, 0), [seqno]);
            assert_eq!(order.due_ms(), None);
        }
    }

    #[test]
    fn t1_a_gap_holds_what_follows_until_it_is_filled() {
        let mut order = Order::new(1);
        assert_eq!(offer(&mut order, 7, 0), []);
        assert_eq!(offer(&mut order, 3, 1), []);
        assert_eq!(offer(&mut order, 5, 2), []);
        assert_eq!(order.due_ms(), Some(50));
        assert_eq!(offer(&mut order, 1, 3), [1, 3, 5, 7]);
        assert_eq!(order.due_ms(), None);
    }

    #[test]
    fn t1_a_gap_holds_for_50_ms_and_no_longer() {
        let mut order = Order::new(1);
        assert_eq!(offer(&mut order, 5, 10), []);
        assert_eq!(offer(&mut order, 9, 30), []);
        assert_eq!(release(&mut order, 59), []);
        assert_eq!(release(&mut order, 60), [5]);
        assert_eq!(offer(&mut order, 7, 61), [7, 9]);
        assert_eq!(offer(&mut order, 1, 62), [1], "a late one runs at once");
        assert_eq!(offer(&mut order, 11, 63), [11]);
    }

    #[test]
    fn an_overdue_item_takes_those_before_it_along() {
        let mut order = Order::new(1);
        assert_eq!(offer(&mut order, 9, 0), []);
        assert_eq!(offer(&mut order, 5, 40), []);
        assert_eq!(release(&mut order, 50), [5, 9]);
        assert_eq!(order.held_bytes, 0);
    }

    #[test]
    fn too_much_to_hold_is_let_go_lowest_first() {
        let mut order = Order::new(1);
        for n in 0..256 {
            assert_eq!(offer(&mut order, 5 + 4 * n, 0), []);
        }
        assert_eq!(offer(&mut order, 3001, 0), [5]);
        let mut order = Order::new(1);
        let mut ready = Vec::new();
        order.offer(Item(5, 700_000), 0, &mut ready);
        order.offer(Item(9, 700_000), 0, &mut ready);
        assert_eq!(ready.iter().map(|item| item.0).collect::<Vec<_>>(), [5]);
    }

    #[test]
    fn refused_numbers_are_used_up() {
        let mut order = Order::new(1);
        order.skip(1);
        assert_eq!(offer(&mut order, 3, 0), [3]);
        order.skip(8);
        assert_eq!(offer(&mut order, 9, 0), [9]);
        order.skip(2);
        assert_eq!(offer(&mut order, 11, 0), [11]);
    }

    #[test]
    fn a_forgotten_session_goes_on_without_waiting() {
        let mut order = Order::new(1);
        assert_eq!(offer(&mut order, 35, 0), [35], "more than 16 missing: not a matter of order");
        assert_eq!(offer(&mut order, 97, 0), [], "now it is");
        let mut order = Order::new(1);
        assert_eq!(offer(&mut order, 33, 0), []);
    }

    #[test]
    fn the_highest_number_is_no_trap() {
        let mut order = Order::new(1);
        assert_eq!(offer(&mut order, 1, 0), [1]);
        assert_eq!(offer(&mut order, u32::MAX, 0), []);
        assert_eq!(release(&mut order, 50), [u32::MAX]);
        assert_eq!(offer(&mut order, 1, 51), [1]);
        assert_eq!(offer(&mut order, u32::MAX, 51), [u32::MAX]);
    }
}
