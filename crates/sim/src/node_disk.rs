//! The folder of the node, as an engine: ordered rows in memory, durable when they were synced. A crash keeps what is
//! durable and any prefix of the commits after it; an image is what `cp -a` of the folder brings back.
//!
//! It watches what is written: a record number belongs to one row of a box for ever, over crashes and images, and no nonce
//! is used twice under one number.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    ops::Bound,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sealed::{AtRest, Header, RowKey, table};
use store::{Batch, Commit, DurableHook, Engine, EngineError, Order, Row, Scan, Session, View};

use crate::{Sabotage, dice::Dice};

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// Rows at one commit.
#[derive(Clone, Default)]
pub(crate) struct Image {
    pub(crate) rows: Arc<Rows>,
    pub(crate) commit: Commit,
}

/// The disk and its engine.
pub(crate) struct NodeDisk {
    state: Mutex<State>,
    sabotage: Option<Sabotage>,
}

#[derive(Default)]
struct State {
    live: Image,
    durable: Image,
    unsynced: VecDeque<Batch>,
    watch: Watch,
}

/// What was ever written under a number: the box's prefix and the number, the row, and the values by their nonces.
#[derive(Default)]
struct Watch {
    rows: HashMap<([u8; 12], u64), Vec<u8>>,
    values: HashMap<([u8; 12], u64, [u8; 12]), Vec<u8>>,
    wrongs: Vec<String>,
}

impl NodeDisk {
    pub(crate) fn new(sabotage: Option<Sabotage>) -> NodeDisk {
        NodeDisk { state: Mutex::default(), sabotage }
    }

    /// What `cp -a` copies now: what is durable, and perhaps a part of what is not.
    pub(crate) fn image(&self, dice: &mut Dice) -> Image {
        let state = self.state();
        state.kept(dice)
    }

    /// All that is there, durable or not.
    pub(crate) fn live(&self) -> Image {
        self.state().live.clone()
    }

    /// The process dies, or the power goes.
    pub(crate) fn crash(&self, dice: &mut Dice) {
        let mut state = self.state();
        let kept = state.kept(dice);
        state.put_back(kept);
    }

    /// A folder that was copied earlier takes the place of this one.
    pub(crate) fn put_back(&self, image: &Image) {
        self.state().put_back(image.clone());
    }

    /// What was wrong with what was written.
    pub(crate) fn take_wrongs(&self) -> Vec<String> {
        std::mem::take(&mut self.state().watch.wrongs)
    }

    /// Record numbers that two rows of a box have now.
    pub(crate) fn shared_numbers(&self) -> usize {
        let live = self.live();
        let mut seen: HashMap<(&[u8], u64), usize> = HashMap::new();
        for (key, value) in live.rows.iter() {
            if let (Some(Header::Record(version)), Some(prefix)) =
                (Header::of(&AtRest::read_back(value.clone())), key.get(..12))
            {
                *seen.entry((prefix, version.number.0)).or_default() += 1;
            }
        }
        seen.values().filter(|&&rows| rows > 1).count()
    }

    pub(crate) fn has_unsynced(&self) -> bool {
        !self.state().unsynced.is_empty()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What is durable and a prefix of the rest.
    fn kept(&self, dice: &mut Dice) -> Image {
        let mut kept = self.durable.clone();
        let count = dice.index(self.unsynced.len() + 1);
        for batch in self.unsynced.iter().take(count) {
            kept.apply(batch);
        }
        kept
    }

    fn put_back(&mut self, image: Image) {
        self.unsynced.clear();
        self.durable = image.clone();
        self.live = image;
    }
}

impl Image {
    fn apply(&mut self, batch: &Batch) {
        let rows = Arc::make_mut(&mut self.rows);
        for (key, value) in batch {
            match value {
                Some(value) => rows.insert(key.as_bytes().to_vec(), value.as_bytes().to_vec()),
                None => rows.remove(key.as_bytes()),
            };
        }
        self.commit = Commit(self.commit.0 + 1);
    }
}

impl Watch {
    fn see(&mut self, key: &RowKey, value: &AtRest) {
        let (Some(Header::Record(version)), Some(nonce)) = (Header::of(value), value.nonce()) else { return };
        let Some(prefix) = key.as_bytes().first_chunk::<12>() else { return };
        let number = version.number.0;
        let row = self.rows.entry((*prefix, number)).or_insert_with(|| key.as_bytes().to_vec());
        if row.as_slice() != key.as_bytes() {
            self.wrongs.push(format!("number {number:x} was given to two rows of a box"));
        }
        let first = self.values.entry((*prefix, number, nonce)).or_insert_with(|| value.as_bytes().to_vec());
        if first.as_slice() != value.as_bytes() {
            self.wrongs.push(format!("a nonce was used twice under number {number:x}"));
        }
    }
}

impl View for Image {
    fn commit(&self) -> Commit {
        self.commit
    }

    fn get(&self, key: &RowKey) -> Result<Option<AtRest>, EngineError> {
        Ok(self.rows.get(key.as_bytes()).map(|value| AtRest::read_back(value.clone())))
    }

    fn range(&self, scan: &Scan<'_>) -> Result<Vec<Row>, EngineError> {
        if scan.from >= scan.to {
            return Ok(Vec::new());
        }
        let rows = self.rows.range::<[u8], _>((Bound::Included(scan.from), Bound::Excluded(scan.to)));
        let copy = |(key, value): (&Vec<u8>, &Vec<u8>)| {
            (RowKey::read_back(key.clone()), AtRest::read_back(value.clone()))
        };
        Ok(match scan.order {
            Order::Ascending => rows.skip(scan.skip).take(scan.limit).map(copy).collect(),
            Order::Descending => rows.rev().skip(scan.skip).take(scan.limit).map(copy).collect(),
        })
    }
}

struct Turn<'a> {
    disk: &'a NodeDisk,
    view: Image,
}

impl View for Turn<'_> {
    fn commit(&self) -> Commit {
        self.view.commit
    }

    fn get(&self, key: &RowKey) -> Result<Option<AtRest>, EngineError> {
        self.view.get(key)
    }

    fn range(&self, scan: &Scan<'_>) -> Result<Vec<Row>, EngineError> {
        self.view.range(scan)
    }
}

impl Session for Turn<'_> {
    fn apply(self: Box<Self>, mut batch: Batch) -> Result<Commit, EngineError> {
        let Turn { disk, view } = *self;
        drop(view);
        if disk.sabotage == Some(Sabotage::ForgetPunctures) {
            batch.retain(|key, _| key.table() != Some(table::PENDING));
        }
        let mut state = disk.state();
        for (key, value) in &batch {
            if let Some(value) = value {
                state.watch.see(key, value);
            }
        }
        state.live.apply(&batch);
        state.unsynced.push_back(batch);
        Ok(state.live.commit)
    }
}

impl Engine for NodeDisk {
    fn view(&self) -> Result<Box<dyn View + '_>, EngineError> {
        Ok(Box::new(self.live()))
    }

    fn session(&self) -> Result<Box<dyn Session + '_>, EngineError> {
        Ok(Box::new(Turn { disk: self, view: self.live() }))
    }

    fn durable(&self) -> Commit {
        self.state().durable.commit
    }

    /// The driver asks instead: it is the one that syncs.
    fn on_durable(&self, _hook: DurableHook) {}

    fn sync(&self) -> Result<Commit, EngineError> {
        let mut state = self.state();
        state.unsynced.clear();
        state.durable = state.live.clone();
        Ok(state.durable.commit)
    }
}
