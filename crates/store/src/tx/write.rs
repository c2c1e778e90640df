//! Writing typed rows. Every write seals its row; a version that goes leaves its number behind to be cut out.

use ids::{BoxId, Pts, UnixTime};

use super::row::Before;
use super::{Touched, Tx};
use crate::outbox::{self, OutboxRow};
use crate::table::{Class, OwnerKind, System, Table, TableInfo};
use crate::{Masked, Record, StoreError, Suffix, blank, overlay};

impl Tx<'_> {
    /// Names the boxes that will be written, before the first write: what is missing of their keys is noted all at
    /// once. Here an engine with locks takes them, in one order for everybody.
    ///
    /// # Errors
    /// [`StoreError::NeedKeys`] unless all of them are in memory.
    pub fn enter(&mut self, boxes: &[BoxId]) -> Result<(), StoreError> {
        let mut result = Ok(());
        for &of in boxes {
            if self.entered.contains(&of) {
                continue;
            }
            match self.box_keys(of) {
                Ok(_) => self.entered.push(of),
                Err(error) => result = Err(error),
            }
        }
        result
    }

    /// Writes a row of which the caller knows that it is new: nothing is read for it.
    ///
    /// # Errors
    /// [`StoreError::NotEntered`] for a row of a box that was not entered.
    pub fn insert<O: OwnerKind, S: Suffix, V: Record>(
        &mut self,
        table: &Table<O, S, V>,
        owner: O,
        suffix: &S,
        value: &V,
    ) -> Result<(), StoreError> {
        self.may_write(table.info, owner)?;
        let place = self.place(table.info.id, owner.owner(), suffix)?;
        debug_assert!(
            overlay::get(self.view(), &self.writes, &place.key)?.is_none(),
            "{}: a row was inserted twice",
            table.info.name
        );
        self.seal(table.info, place, value, Before::Nothing)
    }

    /// Writes a row, whether there is one already or not. If this transaction has not read it, it is read now.
    ///
    /// # Errors
    /// As [`insert`](Self::insert), and when the row that is there cannot be opened.
    pub fn put<O: OwnerKind, S: Suffix, V: Record>(
        &mut self,
        table: &Table<O, S, V>,
        owner: O,
        suffix: &S,
        value: &V,
    ) -> Result<(), StoreError> {
        self.may_write(table.info, owner)?;
        let place = self.place(table.info.id, owner.owner(), suffix)?;
        let before = match table.info.class {
            Class::Box | Class::Directory => self.before(table.info, &place)?,
            Class::Device | Class::System => Before::Plain,
        };
        self.seal(table.info, place, value, before)
    }

    /// Deletes a row, whether it is there or not.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn delete<O: OwnerKind, S: Suffix, V: Record>(
        &mut self,
        table: &Table<O, S, V>,
        owner: O,
        suffix: &S,
    ) -> Result<(), StoreError> {
        self.may_write(table.info, owner)?;
        let place = self.place(table.info.id, owner.owner(), suffix)?;
        match table.info.class {
            Class::Box | Class::Directory => match self.before(table.info, &place)? {
                Before::Nothing => {}
                before @ (Before::Plain | Before::Numbered { .. }) => self.remove(place, before),
            },
            Class::Device | Class::System => self.remove(place, Before::Plain),
        }
        Ok(())
    }

    /// Takes a box that was minted ahead, for a new account, and enters it.
    ///
    /// # Errors
    /// [`StoreError::NeedKeys`] when there is none.
    pub fn take_blank(&mut self) -> Result<BoxId, StoreError> {
        let blank = self.door.keyring().blank().map_err(|missing| self.lacks(missing))?;
        let of = blank.id();
        // It goes back to the others unless this transaction is committed.
        self.taken.push(blank);
        self.enter_new(of)?;
        self.delete(&blank::BLANKS, System, &Masked(of.0.cast_unsigned()))?;
        Ok(of)
    }

    /// Says that a box's counter stood at `before` and now stands at `head`: after the commit its sessions are
    /// brought up to it.
    pub fn touch(&mut self, of: BoxId, before: Pts, head: Pts) {
        match self.touched.iter_mut().find(|touched| touched.of == of) {
            Some(touched) => touched.head = head,
            None => self.touched.push(Touched { of, before, head }),
        }
    }

    /// What was done in a box so far is not what the answer will be about: the caller is told of it as all others are.
    pub fn tell_caller(&mut self, of: BoxId) {
        for touched in self.touched.iter_mut().filter(|touched| touched.of == of) {
            touched.before = touched.head;
        }
    }

    /// Leaves work to be done at `due`, with this commit or not at all. The row refers to what it is about and
    /// holds nothing of it. Answers its place among what is due then, by which it can be
    /// [taken back](outbox::take_back).
    ///
    /// # Errors
    /// When the engine fails.
    pub fn enqueue(&mut self, due: UnixTime, row: &OutboxRow) -> Result<u32, StoreError> {
        outbox::append(self, due, row)
    }

    fn may_write<O: OwnerKind>(&self, table: TableInfo, owner: O) -> Result<(), StoreError> {
        match owner.owner() {
            crate::Owner::Box(id) if !self.entered.contains(&id) => {
                Err(StoreError::NotEntered { table: table.name })
            }
            crate::Owner::Box(_)
            | crate::Owner::Device(_)
            | crate::Owner::Directory
            | crate::Owner::System => Ok(()),
        }
    }
}
