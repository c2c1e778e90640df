//! Places for those who are connected: as many as there may be, and whoever comes later has the place of whoever was there
//! first. So nobody is kept out by others who sit still, and what is held for them has a limit.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::oneshot;

/// Places that are counted by who has them.
pub(crate) struct Places<K> {
    all_max: usize,
    each_max: usize,
    taken: Mutex<Taken<K>>,
}

struct Taken<K> {
    next: u64,
    /// The oldest one first. Who has a place sees the end of it when its sender is gone.
    places: VecDeque<(u64, K, oneshot::Sender<Infallible>)>,
}

/// A place; it is free again when this is dropped. Done when it was given to somebody else.
pub(crate) struct Place<K> {
    of: Arc<Places<K>>,
    number: u64,
    given_away: oneshot::Receiver<Infallible>,
}

impl<K: PartialEq> Places<K> {
    /// So many in all, and so many of each.
    pub(crate) fn new(all_max: usize, each_max: usize) -> Arc<Places<K>> {
        let taken = Mutex::new(Taken { next: 0, places: VecDeque::new() });
        Arc::new(Places { all_max, each_max, taken })
    }

    /// A place for `who`: if he has as many as he may have, his oldest one; if all are taken, the oldest of all.
    pub(crate) fn take(self: &Arc<Self>, who: K) -> Place<K> {
        let (hold, given_away) = oneshot::channel();
        let mut taken = self.taken();
        let Taken { next, places } = &mut *taken;
        let has = places.iter().filter(|(_, of, _)| *of == who).count();
        if has >= self.each_max {
            let oldest = places.iter().position(|(_, of, _)| *of == who);
            oldest.and_then(|at| places.remove(at));
        } else if places.len() >= self.all_max {
            places.pop_front();
        }
        let number = *next;
        *next += 1;
        places.push_back((number, who, hold));
        drop(taken);
        Place { of: self.clone(), number, given_away }
    }
}

impl<K> Places<K> {
    /// How many are taken.
    pub(crate) fn len(&self) -> usize {
        self.taken().places.len()
    }

    fn taken(&self) -> MutexGuard<'_, Taken<K>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K> Future for Place<K> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.given_away).poll(context).map(drop)
    }
}

impl<K> Drop for Place<K> {
    fn drop(&mut self) {
        self.of.taken().places.retain(|(number, _, _)| *number != self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether somebody else has it by now.
    fn is_gone(place: &mut Place<u8>) -> bool {
        !matches!(place.given_away.try_recv(), Err(oneshot::error::TryRecvError::Empty))
    }

    #[test]
    fn a18_whoever_comes_has_a_place_and_the_oldest_one_goes() {
        let places = Places::new(4, 2);
        let (mut a, mut b) = (places.take(1), places.take(1));
        let mut other = places.take(2);
        let mut c = places.take(1);
        assert!(is_gone(&mut a) && !is_gone(&mut b) && !is_gone(&mut other), "his own oldest one");
        drop(a);
        assert_eq!(places.len(), 3);
        let (d, mut e) = (places.take(3), places.take(4));
        assert!(is_gone(&mut b) && !is_gone(&mut other), "the oldest of all");
        assert_eq!(places.len(), 4);
        drop(d);
        let mut f = places.take(5);
        assert!(
            [&mut other, &mut c, &mut e, &mut f].into_iter().all(|place| !is_gone(place)),
            "one was free"
        );
    }
}
