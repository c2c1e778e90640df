//! The seam between typed rows and bytes: row keys and values pass here and nowhere else.
//!
//! A row key is `owner || table || suffix`: class (1 byte), owner's number (8 bytes, none for the directory and the
//! system), table id (2 bytes), suffix. All rows of an owner lie together, so one range removes them. Numbers are
//! big-endian, so bytes sort as numbers do.
//!
//! Today the door is plain: it hides nothing, and the in-memory engine has no disk to hide it from. Sealing goes in
//! here: `prefix` computes a PRF of the owner, `mask` one of a number within its owner, `page` one of a name, `close` and
//! `open` seal and open the value with the row key as associated data. They will then be able to fail, since keys can be
//! away, and `close` will need a number for each version of a row; no caller above [`Tx`](crate::Tx) is concerned. What a
//! suffix holds in clear (message number, pts) is chosen with that in mind: see [`Masked`](crate::Masked).

use sealed::{AtRest, RowKey};

use crate::table::{Owner, TableId};
use crate::{Fault, Page};

/// How many pages a directory index has; the page of a phone number is all that a row key says of it.
const PAGES: u64 = 4096;

/// Turns typed rows into bytes and back.
#[derive(Clone, Copy, Default)]
pub struct Door(());

impl Door {
    /// The door that hides nothing.
    pub const fn plain() -> Self {
        Self(())
    }

    /// Appends what all rows of one owner and table begin with.
    pub(crate) fn prefix(self, owner: Owner, table: TableId, out: &mut Vec<u8>) {
        match owner {
            Owner::Box(id) => {
                out.push(1);
                out.extend_from_slice(&id.0.to_be_bytes());
            }
            Owner::Device(id) => {
                out.push(2);
                out.extend_from_slice(&id.0.to_be_bytes());
            }
            Owner::Directory => out.push(3),
            Owner::System => out.push(4),
        }
        out.extend_from_slice(&table.to_be_bytes());
    }

    /// What stands in a row key for a number that must not: a user, a phone, an auth key.
    pub(crate) fn mask(self, number: u64) -> [u8; 8] {
        number.to_be_bytes()
    }

    /// The index page that a name belongs to.
    pub(crate) fn page(self, name: &[u8]) -> Page {
        // FNV-1a spreads well enough for a plain index; it is no secret and need not be.
        let hash = name.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        Page(u16::try_from((hash ^ (hash >> 32)) % PAGES).unwrap_or(0))
    }

    /// Closes a value for its place on the disk.
    pub(crate) fn close(self, _row: &RowKey, value: Vec<u8>) -> AtRest {
        AtRest::read_back(value)
    }

    /// Opens a value that was closed for this very row.
    pub(crate) fn open(self, _row: &RowKey, stored: AtRest) -> Result<Vec<u8>, Fault> {
        Ok(stored.into_bytes())
    }
}
