//! Tables of each word for versions, and a look at what lies in the engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use ids::{AuthKeyId, BoxId, MsgId};
use sealed::{AtRest, Header, Keyring, Number, OwnerTag, RowKey};
use store::{Engine, Memory, Order, Scan, Store, StoreError, Tx, testing};

store::record! {
    /// A text.
    pub struct Note v1 {
        /// It.
        pub text: String,
    }
}

store::tables! {
    /// Content.
    NOTES = 1: BoxId, MsgId => Note, WithOwner, Fresh;
    /// Counters.
    COUNTS = 2: BoxId, MsgId => Note, WithOwner, Kept;
    /// Drafts.
    DRAFTS = 3: BoxId, MsgId => Note, WithOwner, Short;
    /// Of a device.
    GADGETS = 4: AuthKeyId, u8 => Note, WithOwner, Static;
    /// Of the directory.
    SHELVES = 5: store::Directory, store::Masked => Note, WithSubject, Fresh;
    /// Of the deployment.
    SETTINGS = 6: store::System, u8 => Note, NoUserData, Static;
}

pub(crate) const OWN: BoxId = BoxId(0x0102_0304_0506);
pub(crate) const ONE: MsgId = MsgId(1);

pub(crate) fn note(text: &str) -> Note {
    Note { text: text.to_owned() }
}

/// A store, and the engine beneath it.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) engine: Arc<Memory>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::behind(testing::door())
    }

    pub(crate) fn cold() -> Self {
        Self::behind(testing::cold_door())
    }

    pub(crate) fn behind(door: store::Door) -> Self {
        let engine = Arc::new(Memory::new());
        Self { store: Store::new(Arc::clone(&engine) as _, door), engine }
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        self.store.door().keyring()
    }

    /// Runs a function that writes to the one box, and must end well.
    #[track_caller]
    pub(crate) fn act<T>(&self, mut run: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError>) -> T {
        let ran = self.store.write(|tx| {
            tx.enter(&[OWN])?;
            run(tx)
        });
        ran.result.unwrap()
    }

    /// All rows as they lie.
    pub(crate) fn rows(&self) -> Vec<(RowKey, AtRest)> {
        let all = Scan { from: &[], to: &[0xff; 40], skip: 0, limit: usize::MAX, order: Order::Ascending };
        self.engine.view().unwrap().range(&all).unwrap()
    }

    /// The rows of a table, each with what stands before its ciphertext.
    pub(crate) fn headers(&self, table: u16) -> Vec<Header> {
        let of_table = self.rows().into_iter().filter(|(key, _)| key.table() == Some(table));
        of_table.map(|(_, value)| Header::of(&value).unwrap()).collect()
    }

    /// The one version of a table's only row.
    #[track_caller]
    pub(crate) fn version(&self, table: u16) -> (Number, u32) {
        match self.headers(table)[..] {
            [Header::Record(version)] => (version.number, version.write),
            [Header::Short(number)] => (number, 0),
            _ => panic!("not one record"),
        }
    }

    /// All numbers that are to be cut out of the tree of a box.
    pub(crate) fn pending(&self, of: BoxId) -> Vec<Number> {
        let ranges = self.store.pending(of, usize::MAX).unwrap();
        ranges.into_iter().flat_map(|range| (range.first.0..=range.last.0).map(Number)).collect()
    }

    /// The numbers of all rows of a box, each with its row; a number that two rows share ends the test.
    pub(crate) fn live(&self, of: BoxId) -> BTreeMap<Number, RowKey> {
        let names = self.keyring().names().unwrap().owner(OwnerTag::of_box(of));
        let mut live = BTreeMap::new();
        for (key, value) in self.rows().into_iter().filter(|(key, _)| names.owns(key)) {
            if let Some(Header::Record(version)) = Header::of(&value) {
                let other = live.insert(version.number, key);
                assert!(other.is_none(), "two rows share a number");
            }
        }
        live
    }
}
