//! The begin of a start: whether the store is behind what was reported of it, its repair, and the note of who serves it now.
//!
//! Nothing is served, and nothing reported, before that is durable. Source: docs/keys.md 5.4, 6.3.

use ids::{BoxId, UnixTime};
use store::{Store, StoreError, blank};

use crate::audit;
use crate::repair::{RepairError, repair};

/// A start that has its roots.
#[derive(Clone, Copy)]
pub struct Started {
    /// Its incarnation.
    pub incarnation: u32,
    /// What vaults say was reported last: the incarnation of a start, and its last durable commit then.
    pub reported: (u32, u64),
    /// The last durable commit of the store, as it was found.
    pub found: u64,
}

/// What a start has found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Begun {
    /// The store was rolled back or restored.
    pub is_behind: bool,
    /// Rows of the system's boxes that do not open.
    pub stuck: usize,
}

/// Begins a start. If the store was rolled back or restored, or an earlier repair was cut short, the
/// boxes of the `system`, which everybody reads from the first call on, are repaired; accounts are when their keys come.
///
/// # Errors
/// The [`RepairError`]; the next try goes on.
pub fn begin(
    store: &Store,
    started: Started,
    system: impl Iterator<Item = BoxId>,
    now: UnixTime,
) -> Result<Begun, RepairError> {
    let Started { incarnation, reported, found } = started;
    let system: Vec<BoxId> = system.collect();
    let is_behind = reported > (store.last_start()?, found);
    let was_behind = store.load_repairs()? > 0;
    if is_behind {
        store.mark_behind()?;
    }
    let mut stuck = 0;
    if is_behind || was_behind {
        for &of in &system {
            stuck += repair(store, of, now)?.stuck;
        }
    }
    let is_cut = cut_torn(store, incarnation, system)?;
    store.note_start(incarnation)?;
    store.engine().sync().map_err(StoreError::from)?;
    if is_cut {
        store.engine().forget_torn().map_err(StoreError::from)?;
    }
    Ok(Begun { is_behind, stuck })
}

/// Leaves what a power cut tore off the journal behind, for the next tick to cut out; whether there was something, and the
/// boxes of all of it were looked for. A row names its box by a PRF only, so all boxes there are have theirs made.
fn cut_torn(store: &Store, incarnation: u32, system: Vec<BoxId>) -> Result<bool, StoreError> {
    let torn = store.engine().torn()?;
    if torn.is_empty() {
        return Ok(false);
    }
    let accounts = store.read(audit::boxes).result?;
    let blanks = store.read(|tx| blank::all(tx, usize::MAX)).result?;
    let boxes: Vec<BoxId> = system.into_iter().chain(accounts.known).chain(blanks).collect();
    store.cut_torn(&torn, &boxes, incarnation)?;
    Ok(accounts.unread == 0)
}
