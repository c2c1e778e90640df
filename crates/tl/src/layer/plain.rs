//! Values that stand where another layer has nothing: zeros, empty ones, and what replaces the inexpressible.

use ids::limits::TL_DEPTH_MAX;

use super::LayerError;
use super::skip::scalar_bytes;
use super::walk::{Fate, Mark, Walk};
use crate::codec::{FALSE_ID, VECTOR_ID};
use crate::tables::ops::{ALWAYS, NONE, kind};
use crate::tables::{self, Def, UPDATE};

impl Walk<'_> {
    /// Writes the plainest value of type `ty`: zeros, empty, absent. False, and perhaps something half written, if the
    /// layer has none.
    pub(crate) fn plain_value(&mut self, ty: u16) -> Result<bool, LayerError> {
        if ty & kind::VECTOR != 0 {
            self.put_word(VECTOR_ID);
            self.put_word(0);
            return Ok(true);
        }
        match ty {
            kind::STRING | kind::BYTES => self.put_word(0),
            kind::BOOL => self.put_word(FALSE_ID),
            scalar if scalar < kind::BOXED => {
                self.put([0; 32].get(..scalar_bytes(scalar)).unwrap_or_default())
            }
            ty => {
                let (families, _) = tables::ty(ty);
                let layer = self.toward.layer();
                let plainest = families.iter().filter_map(|family| tables::family(*family).at(layer));
                return plainest.take(1).try_fold(false, |_, def| self.plain_object(def));
            }
        }
        Ok(true)
    }

    /// Writes the plainest value of one constructor; false as for [`Walk::plain_value`].
    pub(crate) fn plain_family(&mut self, family: u16) -> Result<bool, LayerError> {
        let def = tables::family(family).at(self.toward.layer());
        def.map_or(Ok(false), |def| self.plain_object(def))
    }

    fn plain_object(&mut self, def: &Def) -> Result<bool, LayerError> {
        if self.depth >= TL_DEPTH_MAX {
            return Ok(false);
        }
        self.depth += 1;
        self.put_word(def.id);
        let mut written = true;
        for field in def.fields() {
            if field.ty == kind::FLAGS {
                self.put_word(0);
            } else if field.bit == ALWAYS {
                written &= self.plain_value(field.ty)?;
            }
        }
        self.depth -= 1;
        Ok(written)
    }

    /// Writes the `..Empty` constructor of type `ty` if the layer has one without fields.
    pub(super) fn empty_value(&mut self, ty: u16) -> Result<bool, LayerError> {
        let (families, _) = tables::ty(ty);
        let Some(first) = families.first().map(|family| tables::family(*family)) else { return Ok(false) };
        let empty = first.at(self.toward.layer()).filter(|_| first.name().ends_with("Empty"));
        let Some(empty) = empty.filter(|def| def.fields().next().is_none()) else { return Ok(false) };
        self.cut(self.at());
        self.put_word(empty.id);
        Ok(true)
    }

    /// Replaces an object that has no form in the target and began at `mark`, if there is a replacement.
    pub(super) fn instead(&mut self, src: &Def, ty: u16, mark: Mark) -> Result<Fate, LayerError> {
        let (_, instead) = tables::ty(ty);
        let written = if instead != NONE {
            self.undo(mark);
            self.plain_family(instead)?
        } else if ty == UPDATE {
            self.counted_update(src, mark)?
        } else {
            false
        };
        Ok(if written { Fate::Kept } else { Fate::Dropped })
    }

    /// An update that moves a pts must not vanish, or the client would see a gap for ever: the deletion of no messages
    /// takes its place, with the same pts and pts_count (<https://core.telegram.org/api/updates>).
    fn counted_update(&mut self, src: &Def, mark: Mark) -> Result<bool, LayerError> {
        let Some(counts) = self.counts(src, mark.at)? else { return Ok(false) };
        self.undo(mark);
        let name =
            if counts.channel.is_some() { "updateDeleteChannelMessages" } else { "updateDeleteMessages" };
        let Some(family) = tables::family_named(name) else { return Ok(false) };
        if !self.put_id(family) {
            return Ok(false);
        }
        if let Some(channel) = counts.channel {
            self.put_long(channel);
        }
        self.put_vector(0);
        self.put_int(counts.pts);
        self.put_int(counts.pts_count);
        Ok(true)
    }

    /// The counters of an update that begins at `start`, if it has them.
    fn counts(&mut self, src: &Def, start: usize) -> Result<Option<Counts>, LayerError> {
        let update = self.visit(start, Self::peek_fields)?;
        let (Some(pts), Some(pts_count)) = (update.place("pts"), update.place("pts_count")) else {
            return Ok(None);
        };
        let mut counts = Counts { pts: self.int_at(pts)?, pts_count: self.int_at(pts_count)?, channel: None };
        if src.name().contains("Channel") {
            let channel = match (update.place("channel_id"), update.place("message")) {
                (Some(id), _) => Some(self.long_at(id)?),
                (None, Some(message)) => self.channel_of(message)?,
                (None, None) => None,
            };
            // Without the channel the counter cannot be told; the client will find the gap and ask.
            let Some(channel) = channel else { return Ok(None) };
            counts.channel = Some(channel);
        }
        Ok(Some(counts))
    }

    /// The channel that the message at `place` belongs to.
    fn channel_of(&mut self, place: usize) -> Result<Option<i64>, LayerError> {
        let Some(peer) = self.visit(place, Self::peek_fields)?.place("peer_id") else { return Ok(None) };
        let Some(channel) = self.visit(peer, Self::peek_fields)?.place("channel_id") else { return Ok(None) };
        self.long_at(channel).map(Some)
    }
}

struct Counts {
    pts: i32,
    pts_count: i32,
    channel: Option<i64>,
}

#[cfg(test)]
#[path = "plain_tests.rs"]
mod tests;
