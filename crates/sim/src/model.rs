//! What the users were told, and so what must be there: every copy of every message, by the box it lies in and its text,
//! which no two messages share.
//!
//! Invariant: a copy is demanded only from the moment that somebody was told of it, and forbidden only from the moment that
//! somebody was told that it is deleted, or that its shredding is final.

use std::collections::BTreeMap;

use sealed::{Number, NumberRange};

/// Whose box, with whom, which text.
pub(crate) type Place = (usize, usize, String);

/// One side's copy of a message.
#[derive(Clone, Default)]
pub(crate) struct Copy {
    /// Its writer was told that it is sent.
    pub(crate) is_sent: bool,
    /// Somebody has begun to delete it.
    pub(crate) is_going: bool,
    /// Who deletes it was told that it is deleted.
    pub(crate) is_gone: bool,
    /// D vaults have said so: no image opens it any more.
    pub(crate) is_final: bool,
    /// The record numbers it had when it was deleted.
    numbers: Vec<Number>,
}

/// Everything that was ever sent.
#[derive(Clone, Default)]
pub(crate) struct Model {
    copies: BTreeMap<Place, Copy>,
}

impl Model {
    /// Somebody begins to send a message.
    pub(crate) fn begin(&mut self, from: usize, to: usize, text: &str) {
        for (of, with) in [(from, to), (to, from)] {
            self.copies.entry((of, with, text.to_owned())).or_default();
        }
    }

    /// He was told that it is sent.
    pub(crate) fn sent(&mut self, from: usize, to: usize, text: &str) {
        for (of, with) in [(from, to), (to, from)] {
            self.copies.entry((of, with, text.to_owned())).or_default().is_sent = true;
        }
    }

    /// Somebody deletes a copy, which lies under this number.
    pub(crate) fn going(&mut self, place: &Place, number: Number) {
        if let Some(copy) = self.copies.get_mut(place) {
            copy.is_going = true;
            copy.numbers.push(number);
        }
    }

    /// He was told that it is deleted. One that was not there because the folder was put back to a time before it leaves
    /// nothing behind that could become final.
    pub(crate) fn gone(&mut self, place: &Place) {
        if let Some(copy) = self.copies.get_mut(place) {
            copy.is_gone = !copy.numbers.is_empty();
        }
    }

    /// Numbers of a box are dead for good.
    pub(crate) fn cut(&mut self, of: usize, ranges: &[NumberRange]) -> usize {
        let is_cut = |number: &Number| ranges.iter().any(|cut| cut.first <= *number && *number <= cut.last);
        let mut count = 0;
        for (_, copy) in self.copies.iter_mut().filter(|((owner, ..), copy)| *owner == of && !copy.is_final) {
            copy.is_final = copy.numbers.iter().any(is_cut);
            count += usize::from(copy.is_final);
        }
        count
    }

    /// The node is back where it was when `then` was true. Of what came later only what is final is sure.
    pub(crate) fn roll_back(&mut self, then: &Model) {
        for (place, copy) in &mut self.copies {
            let before = then.copies.get(place).cloned().unwrap_or_default();
            copy.is_sent &= before.is_sent;
            copy.is_gone &= before.is_gone;
            copy.numbers.retain(|number| before.numbers.contains(number));
        }
    }

    /// What is wrong with a dialog that holds these texts.
    pub(crate) fn check(&self, of: usize, with: usize, texts: &[String]) -> Vec<String> {
        let mut wrongs = Vec::new();
        for text in texts {
            match self.copies.get(&(of, with, text.clone())) {
                None => wrongs.push(format!("user {of} has a message that nobody sent")),
                Some(copy) if copy.is_final || copy.is_gone => {
                    wrongs.push(format!("user {of} has {} back, which was deleted", word(text)));
                }
                Some(_) if texts.iter().filter(|other| *other == text).count() > 1 => {
                    wrongs.push(format!("user {of} has {} twice", word(text)));
                }
                Some(_) => {}
            }
        }
        for place in self.demanded(of).filter(|(_, other, _)| *other == with) {
            if !texts.contains(&place.2) {
                wrongs.push(format!("user {of} has lost {}", word(&place.2)));
            }
        }
        wrongs
    }

    /// Copies that must be there.
    pub(crate) fn demanded(&self, of: usize) -> impl Iterator<Item = &Place> {
        let is_demanded = |copy: &Copy| copy.is_sent && !copy.is_going && !copy.is_final;
        self.copies
            .iter()
            .filter(move |((owner, ..), copy)| *owner == of && is_demanded(copy))
            .map(|(at, _)| at)
    }

    /// Whether no image may open it.
    pub(crate) fn is_final(&self, of: usize, text: &str) -> bool {
        self.copies.iter().any(|((owner, _, other), copy)| *owner == of && other == text && copy.is_final)
    }

    /// Deletions that somebody was told of and that are not final.
    pub(crate) fn waiting(&self) -> usize {
        self.copies.values().filter(|copy| copy.is_gone && !copy.is_final).count()
    }

    /// How many copies there were, and how many of them are final.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.copies.len(), self.copies.values().filter(|copy| copy.is_final).count())
    }
}

/// The first word of a text, which names the message.
pub(crate) fn word(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}
