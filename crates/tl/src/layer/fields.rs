//! An object's fields by name, and objects put together from such fields: what bridges work with.

use super::LayerError;
use super::skip::has;
use super::walk::{Fate, Walk};
use crate::tables::ops::{ALWAYS, kind};
use crate::tables::{self, Def, text};

/// Where each field of an object stands in the input; absent fields are not listed.
#[derive(Default)]
pub(crate) struct Fields {
    list: Vec<Placed>,
}

struct Placed {
    name: u16,
    ty: u16,
    at: usize,
}

impl Fields {
    fn find(&self, name: u16) -> Option<&Placed> {
        self.list.iter().find(|placed| placed.name == name)
    }

    /// Where the field called `name` stands, if it is there.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.list.iter().find(|placed| text(placed.name) == name).map(|placed| placed.at)
    }

    /// Where the field called `name` stands and its type, if it is there.
    pub(crate) fn typed(&self, name: &str) -> Option<(usize, u16)> {
        self.list.iter().find(|placed| text(placed.name) == name).map(|placed| (placed.at, placed.ty))
    }

    /// Whether the field called `name` is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.place(name).is_some()
    }
}

impl Walk<'_> {
    /// Reads the fields of an object whose id has just been read, to their end.
    pub(crate) fn fields(&mut self, src: &Def) -> Result<Fields, LayerError> {
        let mut words = [0; 2];
        let mut fields = Fields::default();
        for field in src.fields() {
            if field.ty == kind::FLAGS {
                let value = self.word()?;
                if let Some(word) = words.get_mut(usize::from(field.word)) {
                    *word = value;
                }
            } else if has(words, field.bit) {
                fields.list.push(Placed { name: field.name, ty: field.ty, at: self.at() });
                if field.ty != kind::TRUE {
                    self.skip_value(field.ty)?;
                }
            }
        }
        Ok(fields)
    }

    /// Does something at another place of the input and comes back; nothing may be written there.
    pub(crate) fn visit<T>(
        &mut self,
        place: usize,
        look: impl FnOnce(&mut Self) -> Result<T, LayerError>,
    ) -> Result<T, LayerError> {
        let here = self.pause(place);
        let seen = look(self);
        self.resume(here);
        seen
    }

    /// The fields of the object that comes next, which is not passed over.
    pub(crate) fn peek_fields(&mut self) -> Result<Fields, LayerError> {
        self.visit(self.at(), |walk| {
            let def = walk.id()?;
            walk.fields(def)
        })
    }

    /// The `int` at `place`.
    pub(crate) fn int_at(&mut self, place: usize) -> Result<i32, LayerError> {
        self.visit(place, Self::int)
    }

    /// The `long` at `place`.
    pub(crate) fn long_at(&mut self, place: usize) -> Result<i64, LayerError> {
        self.visit(place, Self::long)
    }

    /// What `item` reads of each of the first `limit` items of the vector at `place`.
    pub(crate) fn list_at<T>(
        &mut self,
        place: usize,
        limit: u32,
        item: impl Fn(&mut Self) -> Result<T, LayerError>,
    ) -> Result<Vec<T>, LayerError> {
        self.visit(place, |walk| {
            let count = walk.count()?;
            (0..count.min(limit)).map(|_| item(walk)).collect()
        })
    }

    /// Writes a vector of what `item` writes for each item of the vector at `place`.
    pub(crate) fn each_at(
        &mut self,
        place: usize,
        item: impl Fn(&mut Self) -> Result<Fate, LayerError>,
    ) -> Result<Option<Fate>, LayerError> {
        let end = self.at();
        self.jump(place);
        let count = self.count()?;
        let counted = self.put_vector(0);
        let mut kept = 0;
        for _ in 0..count {
            let before = self.written();
            match item(self)? {
                Fate::Kept => kept += 1,
                Fate::Dropped => self.take_back(before),
            }
        }
        self.patch(counted, kept);
        self.jump(end);
        Ok(Some(Fate::Kept))
    }

    /// Rewrites the next value of the input as a `to`; only for bridges, whose input is not copied by itself.
    pub(crate) fn embed(&mut self, from: u16, to: u16) -> Result<Fate, LayerError> {
        self.omit();
        let fate = self.value(from, to)?;
        self.cut(self.at());
        Ok(fate)
    }

    /// Writes a `dst` whose fields come, by name, from `sources`; what none of them has is absent or plain. `special`
    /// writes fields of its own and says so.
    pub(crate) fn assemble(
        &mut self,
        dst: &Def,
        sources: &[&Fields],
        mut special: impl FnMut(&mut Self, &str) -> Result<Option<Fate>, LayerError>,
    ) -> Result<Fate, LayerError> {
        self.put_word(dst.id);
        let mut words = [(0, None); 2];
        for field in dst.fields() {
            if field.ty == kind::FLAGS {
                if let Some(word) = words.get_mut(usize::from(field.word)) {
                    *word = (0, Some(self.written()));
                }
                self.put_word(0);
                continue;
            }
            let before = self.written();
            let source = sources.iter().find_map(|fields| fields.find(field.name));
            let fate = match (special(self, text(field.name))?, source) {
                (Some(fate), _) => Some(fate),
                (None, Some(_)) if field.ty == kind::TRUE => Some(Fate::Kept),
                (None, Some(source)) => Some(self.embed_at(source.at, source.ty, field.ty)?),
                (None, None) => None,
            };
            match fate {
                Some(Fate::Kept) if field.bit == ALWAYS => {}
                Some(Fate::Kept) => {
                    if let Some((word, _)) = words.get_mut(usize::from(field.bit >> 5)) {
                        *word |= 1 << (field.bit & 31);
                    }
                }
                Some(Fate::Dropped) | None => {
                    self.take_back(before);
                    if field.bit == ALWAYS && (fate.is_some() || !self.plain_value(field.ty)?) {
                        return Ok(Fate::Dropped);
                    }
                }
            }
        }
        for (word, place) in words {
            if let Some(place) = place {
                self.patch(place, word);
            }
        }
        Ok(Fate::Kept)
    }

    /// Rewrites the value at another place of the input and comes back.
    pub(crate) fn embed_at(&mut self, place: usize, from: u16, to: u16) -> Result<Fate, LayerError> {
        let end = self.at();
        self.jump(place);
        let fate = self.embed(from, to)?;
        self.jump(end);
        Ok(fate)
    }

    /// The version of the constructor called `name` in the layer that is written.
    pub(crate) fn version(&self, name: &str) -> Option<&'static Def> {
        tables::family_named(name).and_then(|family| family.at(self.toward.layer()))
    }
}
