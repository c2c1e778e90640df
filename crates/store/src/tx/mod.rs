//! The transaction: what every rule of the domain works on.
//!
//! `&Tx` reads, `&mut Tx` writes. Writes gather in the transaction and reach the engine together when the function
//! ends well; when it fails they are dropped, so a failed function leaves nothing behind. A function may be run again
//! on a fresh `Tx`, so it keeps no state of its own. Keys that are not in memory are noted and end the function with
//! [`StoreError::NeedKeys`]; it runs again when they are there.

mod device;
mod keys;
mod known;
mod mend;
mod prune;
mod read;
mod row;
mod write;

use std::cell::RefCell;
use std::collections::BTreeMap;

use ids::{AuthKeyId, BoxId, Pts};
use sealed::{Blank, Need, Number, RowKey};

use crate::door::Nonces;
use crate::engine::{Batch, Commit, Order, Session, View};
use crate::{Door, StoreError};

use self::keys::{Masks, Open};
use self::known::Known;
pub use self::mend::Swept;
pub use self::prune::Pruned;

/// A box whose event counter this transaction moved: what push and the box's sessions hear of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Touched {
    /// The box.
    pub of: BoxId,
    /// Where its counter stood before the transaction, or before the part of it that the caller's answer is about
    /// ([`Tx::tell_caller`]). What lies between is the caller's own doing; what a session has not seen up to here is pushed
    /// before the caller's answer.
    pub before: Pts,
    /// Where its counter stands after the commit.
    pub head: Pts,
}

/// Which rows of a range, counted from which end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    order: Order,
    skip: usize,
    limit: usize,
}

impl Window {
    /// The first `limit` rows, smallest key first.
    pub const fn first(limit: usize) -> Self {
        Self { order: Order::Ascending, skip: 0, limit }
    }

    /// The last `limit` rows, greatest key first.
    pub const fn last(limit: usize) -> Self {
        Self { order: Order::Descending, skip: 0, limit }
    }

    /// The same, after passing over `skip` rows.
    #[must_use]
    pub const fn after(self, skip: usize) -> Self {
        Self { skip, ..self }
    }
}

/// A transaction.
pub struct Tx<'a> {
    base: Base<'a>,
    door: Door,
    writes: Batch,
    entered: Vec<BoxId>,
    touched: Vec<Touched>,
    nonces: Nonces,
    /// Numbers whose rows are gone with this transaction, by box.
    dead: BTreeMap<BoxId, Vec<Number>>,
    /// Blank boxes that became accounts.
    taken: Vec<Blank>,
    /// Devices that are logged out: their keys leave memory with the commit.
    closing: Vec<AuthKeyId>,
    /// Boxes that are under repair in this very transaction.
    mending: Vec<BoxId>,
    open: RefCell<Open>,
    masks: RefCell<Masks>,
    needs: RefCell<Vec<Need>>,
    /// What is known of rows that this transaction read or wrote; only kept while it may write.
    known: RefCell<Known>,
}

enum Base<'a> {
    View(Box<dyn View + 'a>),
    Session(Box<dyn Session + 'a>),
}

impl<'a> Tx<'a> {
    pub(crate) fn reading(view: Box<dyn View + 'a>, door: &Door) -> Self {
        Self::on(Base::View(view), door)
    }

    pub(crate) fn writing(session: Box<dyn Session + 'a>, door: &Door) -> Self {
        Self::on(Base::Session(session), door)
    }

    fn on(base: Base<'a>, door: &Door) -> Self {
        Self {
            base,
            writes: Batch::new(),
            entered: Vec::new(),
            touched: Vec::new(),
            nonces: door.nonces(),
            door: door.clone(),
            dead: BTreeMap::new(),
            taken: Vec::new(),
            closing: Vec::new(),
            mending: Vec::new(),
            open: RefCell::default(),
            masks: RefCell::default(),
            needs: RefCell::default(),
            known: RefCell::default(),
        }
    }

    /// The newest commit that this transaction saw.
    pub(crate) fn seen(&self) -> Commit {
        self.view().commit()
    }

    /// What was not in memory, each thing once.
    pub(crate) fn needs(&self) -> Vec<Need> {
        self.needs.take()
    }

    /// Applies the writes, if there are any, and what follows from them in the memory of keys.
    pub(crate) fn finish(mut self) -> Result<(Commit, Vec<Touched>), StoreError> {
        let seen = self.seen();
        self.write_punctures();
        match self.base {
            Base::Session(session) if !self.writes.is_empty() => {
                let commit = session.apply(self.writes)?;
                self.taken.into_iter().for_each(Blank::use_up);
                for device in self.closing {
                    self.door.keyring().close_device(device);
                }
                Ok((commit, self.touched))
            }
            Base::Session(_) | Base::View(_) => Ok((seen, Vec::new())),
        }
    }

    fn view(&self) -> &dyn View {
        match &self.base {
            Base::View(view) => &**view,
            Base::Session(session) => &**session,
        }
    }

    /// Whether this transaction may write.
    const fn writes(&self) -> bool {
        matches!(self.base, Base::Session(_))
    }
}

/// The first key after `key`.
fn after(key: RowKey) -> Vec<u8> {
    let mut bytes = key.into_bytes();
    bytes.push(0);
    bytes
}
