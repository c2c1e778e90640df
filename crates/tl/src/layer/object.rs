//! One value from one layer to another: which version it becomes, by which plan or bridge.
//!
//! Every byte is read once, or once more for each bridge around it; an object that has no form is read to its end all the
//! same, so time is linear whatever the input. Recursion passes through [`Walk::object`] and the skipping of an object
//! alone, which count the depth (A9).

use ids::limits::TL_DEPTH_MAX;

use super::LayerError;
use super::bridge::{NOTHING, ONE, ObjectBridge, Slots};
use super::skip::scalar_bytes;
use super::walk::{Fate, Mark, Toward, Walk};
use crate::DecodeError;
use crate::tables::ops::{self, NONE, kind};
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
}
