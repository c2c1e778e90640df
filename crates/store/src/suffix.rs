//! Suffixes: the part of a row key that tells one row of an owner's table from another, in an order-preserving form.
//!
//! What may stand in clear is a number that says nothing of a person (message number, pts, random id). A number that
//! does is wrapped in [`Masked`]: rows are then grouped by it, not ordered, and it cannot be read back, so the value
//! repeats it where it is needed.

use ids::{MsgId, Pts, RandomId, UnixTime};
use sealed::{DirectoryBox, Few, RowNames};

/// A key part that must not be readable: a user, a phone, an auth key as a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Masked(pub u64);

/// One page of a directory index, 0 to 4,095; [`Tx::page`](crate::Tx::page) says which one a name belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Page(pub u16);

impl Page {
    /// How many there are; they are numbered from 0.
    pub const COUNT: u16 = sealed::NAME_PAGES;
}

/// A key part. `write` keeps order: for two values without masked parts, bytes compare as the values do.
pub trait Suffix {
    /// What can be read back: everything but the masked parts.
    type Clear;

    /// Appends the bytes.
    fn write(&self, out: &mut SuffixWriter<'_>);

    /// Takes the bytes off the front; `None` when they are too few.
    fn read(bytes: &mut &[u8]) -> Option<Self::Clear>;
}

/// Where a suffix is written: bytes in clear, and numbers through the mask of the owner. In the directory the first
/// masked number, or the page, also says in which of its boxes the row lies.
pub struct SuffixWriter<'a> {
    scope: Scope<'a>,
    out: Few,
}

enum Scope<'a> {
    Owner(&'a dyn Fn(u64) -> [u8; 8]),
    Directory { names: &'a RowNames, shelf: Option<DirectoryBox> },
}

impl<'a> SuffixWriter<'a> {
    /// The bytes of a suffix of an owner's rows, with the owner's mask.
    pub(crate) fn of_owner(mask: &'a dyn Fn(u64) -> [u8; 8], suffix: &impl Suffix) -> Few {
        let mut writer = Self { scope: Scope::Owner(mask), out: Few::new() };
        suffix.write(&mut writer);
        writer.out
    }

    /// The bytes of a suffix of the directory, and the box it leads to.
    pub(crate) fn of_directory(names: &'a RowNames, suffix: &impl Suffix) -> (DirectoryBox, Few) {
        let scope = Scope::Directory { names, shelf: None };
        let mut writer = Self { scope, out: Few::new() };
        suffix.write(&mut writer);
        let shelf = match writer.scope {
            Scope::Directory { shelf, .. } => shelf,
            Scope::Owner(_) => None,
        };
        (shelf.unwrap_or(DirectoryBox::new(0)), writer.out)
    }

    /// Appends bytes as they are.
    pub fn clear(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Appends what stands for a number: eight bytes, in the directory sixteen.
    pub fn masked(&mut self, number: u64) {
        match &mut self.scope {
            Scope::Owner(mask) => self.out.extend_from_slice(&mask(number)),
            Scope::Directory { names, shelf } => {
                let subject = names.subject(number);
                shelf.get_or_insert(subject.shelf);
                self.out.extend_from_slice(&subject.masked);
            }
        }
    }

    /// Appends the number of an index page.
    fn page(&mut self, page: Page) {
        if let Scope::Directory { shelf, .. } = &mut self.scope {
            let [_, low] = page.0.to_be_bytes();
            shelf.get_or_insert(DirectoryBox::new(low));
        }
        self.clear(&page.0.to_be_bytes());
    }
}

impl Suffix for () {
    type Clear = ();

    fn write(&self, _out: &mut SuffixWriter<'_>) {}

    fn read(_bytes: &mut &[u8]) -> Option<()> {
        Some(())
    }
}

impl Suffix for Masked {
    type Clear = ();

    fn write(&self, out: &mut SuffixWriter<'_>) {
        out.masked(self.0);
    }

    fn read(bytes: &mut &[u8]) -> Option<()> {
        take::<8>(bytes).map(|_| ())
    }
}

impl<A: Suffix, B: Suffix> Suffix for (A, B) {
    type Clear = (A::Clear, B::Clear);

    fn write(&self, out: &mut SuffixWriter<'_>) {
        self.0.write(out);
        self.1.write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self::Clear> {
        Some((A::read(bytes)?, B::read(bytes)?))
    }
}

macro_rules! unsigned {
    ($($inner:ty),*) => {$(
        impl Suffix for $inner {
            type Clear = Self;

            fn write(&self, out: &mut SuffixWriter<'_>) {
                out.clear(&self.to_be_bytes());
            }

            fn read(bytes: &mut &[u8]) -> Option<Self> {
                take(bytes).map(Self::from_be_bytes)
            }
        }
    )*};
}
unsigned!(u8, u16, u32, u64);

// With the sign bit turned over, two's complement sorts as unsigned bytes.
macro_rules! signed {
    ($($name:ident($inner:ty, $bits:ty)),*) => {$(
        impl Suffix for $name {
            type Clear = Self;

            fn write(&self, out: &mut SuffixWriter<'_>) {
                (self.0 ^ <$inner>::MIN).cast_unsigned().write(out);
            }

            fn read(bytes: &mut &[u8]) -> Option<Self> {
                <$bits>::read(bytes).map(|bits| $name(bits.cast_signed() ^ <$inner>::MIN))
            }
        }
    )*};
}
signed!(MsgId(i32, u32), Pts(i32, u32), RandomId(i64, u64), UnixTime(i64, u64));

impl Suffix for Page {
    type Clear = Self;

    fn write(&self, out: &mut SuffixWriter<'_>) {
        out.page(*self);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        u16::read(bytes).map(Self)
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}
