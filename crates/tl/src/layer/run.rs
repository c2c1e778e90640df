//! A plan at work: the fields of one object, step by step.
//!
//! A field without a form does not end the plan: the rest is read, and the object told to be dropped at the end.

use super::LayerError;
use super::bridge::{NOTHING, Slots};
use super::skip::{has, store};
use super::walk::{Fate, Mark, Walk};
use crate::codec::{FALSE_ID, TRUE_ID};
use crate::tables::ops::{self, ALWAYS, NEVER, NONE};

/// The flags words of an object while its plan runs.
#[derive(Default)]
struct Flags {
    read: [u32; 2],
    /// Bits kept from the words that were read, under which mask, and bits changed since.
    masks: [u32; 2],
    set: [u32; 2],
    cleared: [u32; 2],
    /// Where each word of the target stands, and what was written there; nowhere if it has no such word.
    places: [Option<(usize, u32)>; 2],
}

impl Flags {
    #[inline]
    fn set(&mut self, bit: u8) {
        if let Some(word) = self.set.get_mut(usize::from(bit >> 5)) {
            *word |= 1 << (bit & 31);
        }
    }

    fn clear(&mut self, bit: u8) {
        let word = usize::from(bit >> 5);
        if let (Some(set), Some(cleared)) = (self.set.get_mut(word), self.cleared.get_mut(word)) {
            *set &= !(1 << (bit & 31));
            *cleared |= 1 << (bit & 31);
        }
    }

    fn place(&mut self, word: u8, at: usize, written: u32, mask: u32) {
        let word = usize::from(word);
        if let (Some(place), Some(own)) = (self.places.get_mut(word), self.masks.get_mut(word)) {
            *place = Some((at, written));
            *own = mask;
        }
    }
}

/// Fields of the target that share a bit, while they are being written.
struct Group {
    bit: u8,
    steps_left: u16,
    mark: Mark,
    broken: bool,
}

/// One plan in progress.
struct Run<'w, 'a> {
    walk: &'w mut Walk<'a>,
    flags: Flags,
    group: Option<Group>,
    /// The target cannot be made; the rest is read all the same.
    dropped: bool,
}

impl Walk<'_> {
    /// Runs a plan on the object whose id has been read and written.
    pub(super) fn run(&mut self, plan: &[u64]) -> Result<Fate, LayerError> {
        let mut run = Run { walk: self, flags: Flags::default(), group: None, dropped: false };
        let mut steps = plan.iter();
        while let Some(step) = steps.next() {
            let step = step.to_le_bytes();
            let [op, ..] = step;
            match op {
                ops::END => break,
                ops::BRIDGE => {
                    let slots = steps.next().copied().unwrap_or_default().to_le_bytes();
                    run.bridge(step, slots)?;
                    run.count_step();
                }
                _ => run.step(step)?,
            }
            if op != ops::GROUP {
                run.count_step();
            }
        }
        run.finish()
    }
}

impl Run<'_, '_> {
    #[inline]
    fn step(&mut self, step: [u8; 8]) -> Result<(), LayerError> {
        let [op, from, to, extra, a0, a1, b0, b1] = step;
        let (a, b) = (u16::from_le_bytes([a0, a1]), u16::from_le_bytes([b0, b1]));
        match op {
            ops::COPY => self.walk.advance(usize::from(a))?,
            ops::VALUE if has(self.flags.read, from) => self.present(to, extra, a, b)?,
            ops::VALUE => self.absent(extra, b)?,
            ops::SKIP if has(self.flags.read, from) => {
                self.walk.cut(self.walk.at());
                self.walk.skip_value(a)?;
                self.walk.omit();
            }
            ops::FLAGS => {
                let place = self.walk.place();
                let word = self.walk.word()?;
                store(&mut self.flags.read, from, word);
                self.flags.place(to, place, word, u32::from_le_bytes([a0, a1, b0, b1]));
            }
            ops::TAKE_FLAGS => {
                self.walk.cut(self.walk.at());
                store(&mut self.flags.read, from, self.walk.word()?);
                self.walk.omit();
            }
            ops::PUT_FLAGS => {
                self.walk.cut(self.walk.at());
                let mask = if from == NEVER { 0 } else { u32::from_le_bytes([a0, a1, b0, b1]) };
                self.flags.place(to, self.walk.written(), 0, mask);
                self.walk.put_word(0);
            }
            ops::BIT if has(self.flags.read, from) => self.flags.set(to),
            ops::FILL if has(self.flags.read, from) => {
                self.walk.cut(self.walk.at());
                let written =
                    if b == NONE { self.walk.plain_value(a)? } else { self.walk.plain_family(b)? };
                self.dropped |= !written;
                self.set(to);
            }
            ops::FILL_INT => {
                self.walk.cut(self.walk.at());
                self.walk.put(&[a0, a1, b0, b1]);
            }
            ops::BOOL_TO_TRUE if has(self.flags.read, from) => {
                self.walk.cut(self.walk.at());
                if self.walk.word()? == TRUE_ID {
                    self.set(to);
                }
                self.walk.omit();
            }
            ops::TRUE_TO_BOOL => self.true_to_bool(from, to),
            ops::GROUP => {
                self.group = Some(Group { bit: to, steps_left: a, mark: self.walk.mark(), broken: false });
            }
            ops::DROP => self.dropped = true,
            _ => {}
        }
        Ok(())
    }

    /// A field that is there.
    #[inline]
    fn present(&mut self, to: u8, extra: u8, a: u16, b: u16) -> Result<(), LayerError> {
        let mark = self.walk.mark();
        match self.walk.value(a, b)? {
            Fate::Kept => self.set(to),
            Fate::Dropped => self.lost(mark, to, extra, b)?,
        }
        Ok(())
    }

    #[inline]
    fn set(&mut self, to: u8) {
        if to != ALWAYS {
            self.flags.set(to);
        }
    }

    /// A field whose value has no form in the target.
    fn lost(&mut self, mark: Mark, to: u8, extra: u8, ty: u16) -> Result<(), LayerError> {
        self.walk.undo(mark);
        if to != ALWAYS {
            self.flags.clear(to);
            if let Some(group) = self.group.as_mut().filter(|group| group.bit == to) {
                group.broken = true;
            }
        } else if extra == ops::ABSENT_DROPS || !self.walk.empty_value(ty)? {
            self.dropped = true;
        }
        Ok(())
    }

    /// A field that is not there.
    fn absent(&mut self, extra: u8, ty: u16) -> Result<(), LayerError> {
        match extra {
            ops::ABSENT_PLAIN => {
                self.walk.cut(self.walk.at());
                self.dropped |= !self.walk.plain_value(ty)?;
            }
            ops::ABSENT_DROPS => self.dropped = true,
            _ => {}
        }
        Ok(())
    }

    fn true_to_bool(&mut self, from: u8, to: u8) {
        let value = has(self.flags.read, from);
        if to == ALWAYS || value {
            self.walk.cut(self.walk.at());
            self.walk.put_word(if value { TRUE_ID } else { FALSE_ID });
            self.set(to);
        }
    }

    fn bridge(&mut self, step: [u8; 8], slots: [u8; 8]) -> Result<(), LayerError> {
        let [_, _, _, extra, a0, a1, _, _] = step;
        let [from0, to0, from1, to1, was0, was1, is0, is1] = slots;
        let slots = Slots {
            from: [has(self.flags.read, from0), has(self.flags.read, from1)],
            to: [to0 != NEVER, to1 != NEVER],
            from_type: u16::from_le_bytes([was0, was1]),
            to_type: u16::from_le_bytes([is0, is1]),
        };
        if slots.from == [false, false] {
            return self.absent(extra, slots.to_type);
        }
        let mark = self.walk.mark();
        self.walk.cut(mark.at);
        let made = self.walk.bridged(u16::from_le_bytes([a0, a1]), slots)?;
        if made == NOTHING {
            return self.lost(mark, to0, extra, slots.to_type);
        }
        for (made, to) in made.into_iter().zip([to0, to1]) {
            if made {
                self.set(to);
            }
        }
        Ok(())
    }

    /// Closes the open group after its last step.
    #[inline]
    fn count_step(&mut self) {
        let Some(group) = &mut self.group else { return };
        group.steps_left = group.steps_left.saturating_sub(1);
        if group.steps_left == 0 {
            let (bit, mark, broken) = (group.bit, group.mark, group.broken);
            self.group = None;
            if broken {
                self.walk.undo(mark);
                self.flags.clear(bit);
            }
        }
    }

    /// Writes the flags words as they came out.
    fn finish(self) -> Result<Fate, LayerError> {
        let Flags { read, masks, set, cleared, places } = self.flags;
        let words = read.into_iter().zip(masks).zip(set).zip(cleared).zip(places);
        for ((((read, mask), set), cleared), place) in words {
            let word = read & mask & !cleared | set;
            if let Some((place, written)) = place
                && word != written
            {
                self.walk.patch(place, word);
            }
        }
        Ok(if self.dropped { Fate::Dropped } else { Fate::Kept })
    }
}
