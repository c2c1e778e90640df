//! Row keys: an owner as a PRF, a table, a suffix. No id, number or name stands in one. Source: docs/keys.md 4.1.

use std::borrow::Borrow;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crypto::HmacKey;
use ids::sabotage::{self, Fault};
use ids::{AuthKeyId, BoxId};

use crate::{AtRest, Few};

/// Tables that the format itself has; numbers of other tables lie below.
pub mod table {
    /// The sheet of a box's epoch; suffix epoch(4).
    pub const SHEET: u16 = 0xff01;
    /// A page of a box's erasure state; suffix page id(8).
    pub const PAGE: u16 = 0xff02;
    /// Numbers of a box that are to be cut out; suffix first number(8).
    pub const PENDING: u16 = 0xff03;
    /// Boxes that have such rows; suffix masked box(8).
    pub const DIRTY: u16 = 0xff04;
}

/// One of the 16 boxes of the directory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DirectoryBox(u8);

impl DirectoryBox {
    /// How many there are.
    pub const COUNT: u8 = 16;

    /// The box of this index, counted round.
    #[must_use]
    pub const fn new(index: u8) -> Self {
        Self(index % Self::COUNT)
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }

    /// Its index, 0 to 15.
    #[must_use]
    pub const fn index(self) -> u8 {
        self.0
    }

    /// Its box: index 0 is box -1, index 15 is box -16.
    #[must_use]
    pub fn id(self) -> BoxId {
        BoxId(-1 - i64::from(self.0))
    }

    /// The directory box with this id, if it is one.
    #[must_use]
    pub fn of(id: BoxId) -> Option<Self> {
        Self::all().find(|one| one.id() == id)
    }
}

/// Whose rows these are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OwnerTag {
    /// An account's box, or the short-lived tree.
    Box(BoxId),
    /// A device.
    Device(AuthKeyId),
    /// A box of the directory.
    Directory(DirectoryBox),
    /// The deployment.
    System,
}

impl OwnerTag {
    /// The box of the short-lived tree.
    pub const SHORT_LIVED: BoxId = BoxId(-32);

    /// The tag of a box, which may be one of the directory's.
    #[must_use]
    pub fn of_box(id: BoxId) -> Self {
        DirectoryBox::of(id).map_or(Self::Box(id), Self::Directory)
    }

    fn bytes(self) -> [u8; 9] {
        let (kind, number) = match self {
            Self::Box(id) => (1, id.0.cast_unsigned()),
            Self::Device(id) => (2, id.0),
            Self::Directory(one) => (3, u64::from(one.0)),
            Self::System => (4, 0),
        };
        let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
        [kind, a, b, c, d, e, f, g, h]
    }
}

/// Subjects that are kept beside the key that makes them, some 40 KB.
const SUBJECTS_KEPT: usize = 1 << 10;

/// What stands in the directory for a subject: which box, and 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Subject {
    /// The box its rows are in.
    pub shelf: DirectoryBox,
    /// What stands in the suffix.
    pub masked: [u8; 16],
}

/// The index page of a name: which box, and the page's number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PageOfNames {
    /// The box it is in.
    pub shelf: DirectoryBox,
    /// Its number, 0 to 4,095.
    pub page: u16,
}

/// Makes row keys; holds the row key of the deployment.
#[derive(Clone)]
pub struct RowNames(Arc<Names>);

/// A number, and what stands for it.
type Remembered = Option<(u64, Subject)>;

struct Names {
    key: HmacKey,
    /// Subjects that were asked for last: a message asks for two accounts, and the next one of the dialog for the same.
    subjects: Box<[Mutex<Remembered>]>,
}

impl RowNames {
    pub(crate) fn new(row_key: &[u8; 32]) -> Self {
        let subjects = std::iter::repeat_with(Mutex::default).take(SUBJECTS_KEPT).collect();
        Self(Arc::new(Names { key: HmacKey::new(row_key), subjects }))
    }

    /// The names of one owner's rows. Costs one PRF: whoever makes many row keys of one owner keeps it.
    #[must_use]
    pub fn owner(&self, tag: OwnerTag) -> OwnerNames {
        let mut prefix = [0; 12];
        let tag = tag.bytes();
        cut(&mut prefix, &self.sign(&[b"owner", &tag]));
        OwnerNames { names: self.clone(), tag, prefix }
    }

    /// What stands in the directory for a subject.
    #[must_use]
    pub fn subject(&self, number: u64) -> Subject {
        // Numbers of users are drawn at random, so their last bits spread them.
        let at = usize::try_from(number).map_or(0, |number| number % SUBJECTS_KEPT);
        let kept = self.0.subjects.get(at).map(|kept| kept.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some((of, subject)) = kept.as_deref().copied().flatten()
            && of == number
        {
            return subject;
        }
        let mut masked = [0; 16];
        cut(&mut masked, &self.sign(&[b"subject", &number.to_be_bytes()]));
        let [first, ..] = masked;
        let subject = Subject { shelf: DirectoryBox::new(first), masked };
        if let Some(mut kept) = kept {
            *kept = Some((number, subject));
        }
        subject
    }

    fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.0.key.sign(parts)
    }

    /// The mark of a version of a row (docs/keys.md 4.4); nothing if these bytes are no sealed value.
    #[must_use]
    pub fn mark(&self, row: &RowKey, at_rest: &AtRest) -> Option<[u8; 16]> {
        let mut mark = [0; 16];
        cut(&mut mark, &self.sign(&[b"mark", row.as_bytes(), &at_rest.nonce()?]));
        Some(mark)
    }

    /// The index page that a name belongs to.
    #[must_use]
    pub fn page(&self, name: &[u8]) -> PageOfNames {
        let [a, b, ..] = self.sign(&[b"page", name]);
        let page = u16::from_be_bytes([a, b]) % NAME_PAGES;
        let [_, low] = page.to_be_bytes();
        PageOfNames { shelf: DirectoryBox::new(low), page }
    }
}

/// Makes the row keys of one owner.
#[derive(Clone)]
pub struct OwnerNames {
    names: RowNames,
    tag: [u8; 9],
    prefix: [u8; 12],
}

impl OwnerNames {
    /// What all rows of the owner begin with.
    #[must_use]
    pub fn prefix(&self) -> [u8; 12] {
        self.prefix
    }

    /// The eight bytes that stand for a number that must not be read: a user, a phone, an auth key.
    #[must_use]
    pub fn mask(&self, number: u64) -> [u8; 8] {
        let mut masked = [0; 8];
        cut(&mut masked, &self.names.sign(&[b"mask", &self.tag, &number.to_be_bytes()]));
        masked
    }

    /// The key of a row; without a suffix, what the rows of a table begin with.
    #[must_use]
    pub fn row(&self, table: u16, suffix: &[u8]) -> RowKey {
        let mut bytes = Few::from(&self.prefix[..]);
        bytes.extend_from_slice(&table.to_be_bytes());
        bytes.extend_from_slice(suffix);
        RowKey(bytes)
    }

    /// Whether this is the key of a row of this owner.
    #[must_use]
    pub fn owns(&self, row: &RowKey) -> bool {
        row.as_bytes().starts_with(&self.prefix)
    }
}

/// Pages over which names are spread (docs/keys.md 4.1).
pub const NAME_PAGES: u16 = 4096;

/// The key of a row: what an engine orders rows by, and what the row's value is bound to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey(Few);

impl RowKey {
    /// A key that an engine or a dump gives back; to be called there and nowhere else.
    #[must_use]
    pub fn read_back(bytes: Vec<u8>) -> Self {
        Self(Few::from(&*bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// What a value is bound to.
    pub(crate) fn binding(&self) -> &[u8] {
        if sabotage::is(Fault::RowsUnbound) { &[] } else { self.as_bytes() }
    }

    /// The bytes, for whoever stores them.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_vec()
    }

    /// The table of the row; nothing if these bytes are no row key.
    #[inline]
    #[must_use]
    pub fn table(&self) -> Option<u16> {
        let table = self.as_bytes().get(12..14)?.first_chunk()?;
        Some(u16::from_be_bytes(*table))
    }

    /// What all rows of the same owner's table begin with; nothing if these bytes are no row key.
    #[must_use]
    pub fn table_key(&self) -> Option<&[u8]> {
        self.as_bytes().get(..14)
    }

    /// The suffix of the row; empty if it has none.
    #[must_use]
    pub fn suffix(&self) -> &[u8] {
        self.as_bytes().get(14..).unwrap_or_default()
    }
}

/// Row keys are ordered by their bytes, so a map of rows has ranges between any bytes.
impl Borrow<[u8]> for RowKey {
    fn borrow(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Debug for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RowKey({} bytes)", self.as_bytes().len())
    }
}

/// Fills `out` with the first bytes of a PRF's output.
fn cut(out: &mut [u8], from: &[u8; 32]) {
    for (to, byte) in out.iter_mut().zip(from) {
        *to = *byte;
    }
}
