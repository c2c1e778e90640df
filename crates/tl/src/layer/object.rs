//! One value from one layer to another: the plan of its constructor, step by step.
//!
//! Every byte is read once, or once more for each bridge around it; an object that has no form is read to its end all the
//! same, so time is linear whatever the input. Recursion passes through [`Walk::object`] and [`Walk::skip_object`] alone,
//! which count the depth (A9).

use ids::limits::TL_DEPTH_MAX;

use super::LayerError;
use super::bridge::{NOTHING, ONE, ObjectBridge, Slots};
use super::walk::{Fate, Mark, Toward, Walk};
use crate::DecodeError;
use crate::codec::{FALSE_ID, TRUE_ID};
use crate::tables::ops::{self, ALWAYS, NEVER, NONE, kind};
use crate::tables::{self, BRIDGES, Def, OBJECTS};

/// In place of a type: any object or call.
pub(crate) const ANY: u16 = NONE;

impl Walk<'_> {
    /// Rewrites a value of type `from` into one of type `to`.
    pub(super) fn value(&mut self, from: u16, to: u16) -> Result<Fate, LayerError> {
        if from & kind::VECTOR != 0 {
            self.vector(from & !kind::VECTOR, to & !kind::VECTOR)?;
            return Ok(Fate::Kept);
        }
        match from {
            kind::STRING | kind::BYTES => {
                self.string()?;
                Ok(Fate::Kept)
            }
            kind::REST => self.object(ANY, ANY),
            scalar if scalar < kind::BOXED => {
                self.advance(scalar_bytes(scalar))?;
                Ok(Fate::Kept)
            }
            from => self.object(from, to),
        }
    }

    /// Rewrites a vector; items without a form are dropped.
    fn vector(&mut self, from: u16, to: u16) -> Result<(), LayerError> {
        let place = self.place() + 4;
        let count = self.count()?;
        let fixed = if from < kind::BOXED { scalar_bytes(from) } else { 0 };
        if fixed > 0 {
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            return self.advance(count.saturating_mul(fixed));
        }
        let mut kept = 0;
        for _ in 0..count {
            let mark = self.mark();
            match self.value(from, to)? {
                Fate::Kept => kept += 1,
                Fate::Dropped => self.undo(mark),
            }
        }
        if kept != count {
            self.patch(place, kept);
        }
        Ok(())
    }

    /// Rewrites a boxed object of type `from` into one of type `to`.
    pub(crate) fn object(&mut self, from: u16, to: u16) -> Result<Fate, LayerError> {
        if self.depth >= TL_DEPTH_MAX {
            return Err(DecodeError::TooDeep.into());
        }
        self.depth += 1;
        let mark = self.mark();
        let src = self.id()?;
        if from != ANY && (src.result != from || src.function) {
            return Err(DecodeError::UnknownConstructor { id: src.id }.into());
        }
        let mut fate = self.rewrite(src, to, mark)?;
        self.depth -= 1;
        if fate == Fate::Dropped && !src.function {
            fate = self.instead(src, if to == ANY { src.result } else { to }, mark)?;
        }
        Ok(fate)
    }

    fn rewrite(&mut self, src: &'static Def, to: u16, mark: Mark) -> Result<Fate, LayerError> {
        let target = self.target(src, to)?;
        if let Some(bridge) = self.object_bridge(src, target) {
            self.cut(mark.at);
            let fate = bridge(self, src, to);
            self.omit();
            return fate;
        }
        let Some((dst, plan)) = target else {
            self.skip_fields(src)?;
            return Ok(Fate::Dropped);
        };
        if dst.id != src.id {
            self.cut(mark.at);
            self.put_word(dst.id);
        }
        self.run(tables::plan(plan))
    }

    /// The version that `src` becomes as a `to`, and the plan for it.
    fn target(&self, src: &'static Def, to: u16) -> Result<Option<(&'static Def, u32)>, LayerError> {
        let fits = |dst: &Def| to == ANY || (dst.result == to && !dst.function);
        let canonical = tables::def(src.target);
        let Toward::Layer(layer) = self.toward else {
            let plan = if canonical.is_some_and(|dst| dst.id == src.id) { src.same } else { src.raise };
            return Ok(canonical.filter(|dst| fits(dst)).map(|dst| (dst, plan)));
        };
        if canonical.is_none_or(|canonical| canonical.id != src.id) {
            return Err(DecodeError::UnknownConstructor { id: src.id }.into());
        }
        let family = tables::family(src.family);
        if let Some(dst) = family.at(layer).filter(|dst| fits(dst)) {
            return Ok(Some((dst, if dst.id == src.id { src.same } else { dst.lower })));
        }
        let mut former = family.former().iter().filter_map(|former| tables::family(*former).at(layer));
        Ok(former.find(|dst| fits(dst)).map(|dst| (dst, dst.lower)))
    }

    fn object_bridge(&self, src: &Def, target: Option<(&'static Def, u32)>) -> Option<ObjectBridge> {
        if src.function || target.is_some_and(|(dst, _)| dst.id == src.id) {
            return None;
        }
        let place = match self.toward {
            Toward::Canonical => src.raise_bridge,
            Toward::Layer(_) => src.lower_bridge,
        };
        OBJECTS.get(usize::from(place)).copied()
    }

    /// Has bridge `number` rewrite what comes next.
    pub(super) fn bridged(&mut self, number: u16, slots: Slots) -> Result<[bool; 2], LayerError> {
        let Some(bridge) = BRIDGES.get(usize::from(number & !ops::EACH)) else { return Ok(NOTHING) };
        if number & ops::EACH == 0 {
            let made = bridge(self, slots);
            self.omit();
            return made;
        }
        let item = Slots {
            from_type: slots.from_type & !kind::VECTOR,
            to_type: slots.to_type & !kind::VECTOR,
            ..slots
        };
        let count = self.count()?;
        let place = self.put_vector(0);
        let mut kept = 0;
        for _ in 0..count {
            let before = self.written();
            if bridge(self, item)? == NOTHING {
                self.take_back(before);
            } else {
                kept += 1;
            }
        }
        self.omit();
        self.patch(place, kept);
        Ok(ONE)
    }

    /// Passes over a value.
    pub(crate) fn skip_value(&mut self, ty: u16) -> Result<(), LayerError> {
        if ty & kind::VECTOR != 0 {
            let item = ty & !kind::VECTOR;
            let count = self.count()?;
            let fixed = if item < kind::BOXED { scalar_bytes(item) } else { 0 };
            if fixed > 0 {
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                return self.advance(count.saturating_mul(fixed));
            }
            return (0..count).try_for_each(|_| self.skip_value(item));
        }
        match ty {
            kind::STRING | kind::BYTES => self.string().map(|_| ()),
            kind::REST => self.skip_object(ANY),
            scalar if scalar < kind::BOXED => self.advance(scalar_bytes(scalar)),
            ty => self.skip_object(ty),
        }
    }

    fn skip_object(&mut self, ty: u16) -> Result<(), LayerError> {
        if self.depth >= TL_DEPTH_MAX {
            return Err(DecodeError::TooDeep.into());
        }
        self.depth += 1;
        let src = self.id()?;
        if ty != ANY && (src.result != ty || src.function) {
            return Err(DecodeError::UnknownConstructor { id: src.id }.into());
        }
        self.skip_fields(src)?;
        self.depth -= 1;
        Ok(())
    }

    /// Passes over the fields of an object whose id has been read.
    pub(super) fn skip_fields(&mut self, src: &Def) -> Result<(), LayerError> {
        let mut words = [0; 2];
        for step in tables::plan(src.same) {
            let [op, from, _, _, a0, a1, _, _] = step.to_le_bytes();
            let a = u16::from_le_bytes([a0, a1]);
            match op {
                ops::COPY => self.advance(usize::from(a))?,
                ops::VALUE if has(words, from) => self.skip_value(a)?,
                ops::FLAGS => store(&mut words, from, self.word()?),
                ops::END => break,
                _ => {}
            }
        }
        Ok(())
    }
}

/// Whether `bit` is set in the flags words; [`ALWAYS`] is, [`NEVER`] is not.
#[inline]
pub(super) const fn has(words: [u32; 2], bit: u8) -> bool {
    let [first, second] = words;
    match bit {
        ALWAYS => true,
        NEVER => false,
        0..32 => first & 1 << bit != 0,
        bit => second & 1 << (bit & 31) != 0,
    }
}

fn store(words: &mut [u32; 2], word: u8, value: u32) {
    if let Some(place) = words.get_mut(usize::from(word)) {
        *place = value;
    }
}

/// Bytes of a scalar; 0 for what is not one.
#[inline]
pub(crate) const fn scalar_bytes(ty: u16) -> usize {
    match ty {
        kind::INT | kind::BOOL => 4,
        kind::LONG | kind::DOUBLE => 8,
        kind::INT128 => 16,
        kind::INT256 => 32,
        _ => 0,
    }
}

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
    fn run(&mut self, plan: &[u64]) -> Result<Fate, LayerError> {
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
