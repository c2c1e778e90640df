//! Which start served the store last: with the number of the last durable commit it tells a store from an older or another
//! copy of it (docs/keys.md 6.3).

use crate::{Commit, Store, StoreError, System};

crate::record! {
    /// A start.
    #[derive(Copy)]
    pub struct StartRow v1 {
        /// Its incarnation.
        pub incarnation: u32,
    }
}

crate::tables! {
    /// The last start.
    STARTS = 0xff08: System, () => StartRow, NoUserData, Static;
}

impl Store {
    /// The incarnation of the start that served the store last; 0 if there was none.
    ///
    /// # Errors
    /// When the engine fails or the row is corrupt.
    pub fn last_start(&self) -> Result<u32, StoreError> {
        let row = self.read(|tx| tx.get(&STARTS, System, &())).result?;
        Ok(row.map_or(0, |row| row.incarnation))
    }

    /// A start begins to serve the store. Answers the commit that has to be durable before it reports anything.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn note_start(&self, incarnation: u32) -> Result<Commit, StoreError> {
        let ran = self.write(|tx| tx.put(&STARTS, System, &(), &StartRow { incarnation }));
        ran.result.map(|()| ran.seen)
    }
}

// The record is part of the public interface, so its version must not move by accident.
const _: () = assert!(<StartRow as crate::Record>::VERSION == 1);
