//! Typed tables as const items, each with an owner class, a deletion rule and a word for its versions (P47).
//!
//! A table is declared with [`tables!`](crate::tables), which also lists it; a list with two tables of one id or
//! name does not compile, and neither does a table without a rule for how its rows go away, or without a word for what
//! becomes of a row's earlier versions. Source: docs/keys.md 4.2, 5.1.

use std::marker::PhantomData;

use ids::{AuthKeyId, BoxId};

use crate::{Record, Suffix};

/// Whose rows these are; decides which keys will lock them and what removes them all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Class {
    /// One account's own rows.
    Box,
    /// What others need of an account while its owner is away, and indexes over accounts.
    Directory,
    /// One auth key's rows.
    Device,
    /// The deployment's own rows; nothing here names or describes a person.
    System,
}

/// An owner of rows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Owner {
    /// An account's box.
    Box(BoxId),
    /// A device, by its permanent auth key.
    Device(AuthKeyId),
    /// The directory.
    Directory,
    /// The deployment.
    System,
}

/// How rows of a table go away. Every table has one; what an account's deletion does is derived from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deletion {
    /// With their owner: a deleted account takes its box along, a destroyed auth key its device rows.
    WithOwner,
    /// A directory row, or an entry of a directory page, goes with the account that it describes.
    WithSubject,
    /// When the work it stands for is done, and with the box it refers to at the latest.
    WhenDone,
    /// Never: it holds nothing about a person.
    NoUserData,
}

/// Under what keys the versions of a row lie, and so what makes an earlier one unreadable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Versions {
    /// Content: every version has a number of its own, and the number of the version before it is cut out.
    Fresh,
    /// No version holds content: a row keeps its number, and only when it goes is that cut out.
    Kept,
    /// Content that does not last: as `Fresh`, with numbers of the deployment's short-lived tree.
    Short,
    /// No number: rows of devices lie under the key of the device or of the day, rows of the system under the
    /// system key.
    Static,
}

/// A type that names an owner: the first half of a row's address.
pub trait OwnerKind: Copy {
    /// The class of all owners of this kind.
    const CLASS: Class;

    /// The owner.
    fn owner(self) -> Owner;
}

/// Owners whose rows have an order. The directory has none: it is spread over boxes by the masked key.
pub trait Ordered: OwnerKind {}

/// The owner of directory rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Directory;

/// The owner of the deployment's rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct System;

impl OwnerKind for BoxId {
    const CLASS: Class = Class::Box;

    fn owner(self) -> Owner {
        Owner::Box(self)
    }
}

impl OwnerKind for AuthKeyId {
    const CLASS: Class = Class::Device;

    fn owner(self) -> Owner {
        Owner::Device(self)
    }
}

impl OwnerKind for Directory {
    const CLASS: Class = Class::Directory;

    fn owner(self) -> Owner {
        Owner::Directory
    }
}

impl OwnerKind for System {
    const CLASS: Class = Class::System;

    fn owner(self) -> Owner {
        Owner::System
    }
}

impl Ordered for BoxId {}
impl Ordered for AuthKeyId {}
impl Ordered for System {}

/// A table: rows of type `V` under suffixes `S`, of owners of kind `O`.
pub struct Table<O, S, V> {
    pub(crate) info: TableInfo,
    types: PhantomData<fn(O, S) -> V>,
}

/// What is known of a table without its types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TableInfo {
    /// Its number.
    pub id: u16,
    /// Its name, as declared.
    pub name: &'static str,
    /// Whose rows these are.
    pub class: Class,
    /// How they go away.
    pub deletion: Deletion,
    /// What becomes of their earlier versions.
    pub versions: Versions,
}

impl<O: OwnerKind, S: Suffix, V: Record> Table<O, S, V> {
    /// Declares a table; [`tables!`](crate::tables) is the way to do it. A rule or a word for versions that does not
    /// fit the owner class does not compile.
    pub const fn new(id: u16, name: &'static str, deletion: Deletion, versions: Versions) -> Self {
        let fits = match (O::CLASS, deletion) {
            (Class::Box | Class::Device, Deletion::WithOwner)
            | (Class::Directory, Deletion::WithSubject)
            | (Class::System, Deletion::WhenDone | Deletion::NoUserData) => true,
            (Class::Box | Class::Device | Class::Directory | Class::System, _) => false,
        };
        assert!(fits, "this deletion rule does not fit the owner class");
        let fits = match (O::CLASS, versions) {
            (Class::Box | Class::Directory, Versions::Fresh | Versions::Kept | Versions::Short)
            | (Class::Device | Class::System, Versions::Static) => true,
            (Class::Box | Class::Directory | Class::Device | Class::System, _) => false,
        };
        assert!(fits, "this word for versions does not fit the owner class");
        assert!(id < u16::MAX, "the greatest number is the end of all tables");
        Self { info: TableInfo { id, name, class: O::CLASS, deletion, versions }, types: PhantomData }
    }

    /// The table without its types.
    pub const fn info(&self) -> TableInfo {
        self.info
    }
}

/// Stops the build when two tables share an id or a name. `tables!` calls it; a registry that joins several lists
/// calls it again.
pub const fn assert_distinct(tables: &[TableInfo]) {
    let mut rest = tables;
    while let [first, others @ ..] = rest {
        let mut seen = others;
        while let [other, more @ ..] = seen {
            assert!(first.id != other.id, "two tables have one id");
            assert!(!same(first.name.as_bytes(), other.name.as_bytes()), "two tables have one name");
            seen = more;
        }
        rest = others;
    }
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let (mut a, mut b) = (a, b);
    while let ([x, more_a @ ..], [y, more_b @ ..]) = (a, b) {
        if *x != *y {
            return false;
        }
        (a, b) = (more_a, more_b);
    }
    a.is_empty() && b.is_empty()
}

/// Declares tables and lists them all in `TABLES`.
///
/// ```
/// use store::{Masked, tables};
/// store::record! {
///     /// A note.
///     pub struct Note v1 {
///         /// Its number.
///         pub number: u32,
///     }
/// }
/// tables! {
///     /// Notes of an account.
///     NOTES = 1: ids::BoxId, Masked => Note, WithOwner, Fresh;
/// }
/// assert_eq!(TABLES.len(), 1);
/// ```
///
/// Without a deletion rule or a word for versions it does not compile (P47):
/// ```compile_fail
/// # use store::{Masked, tables};
/// # store::record! { /// A note.
/// # pub struct Note v1 { /// Its number.
/// # pub number: u32, } }
/// tables! {
///     /// Notes of an account.
///     NOTES = 1: ids::BoxId, Masked => Note, Fresh;
/// }
/// ```
/// ```compile_fail
/// # use store::{Masked, tables};
/// # store::record! { /// A note.
/// # pub struct Note v1 { /// Its number.
/// # pub number: u32, } }
/// tables! {
///     /// Notes of an account.
///     NOTES = 1: ids::BoxId, Masked => Note, WithOwner;
/// }
/// ```
///
/// Nor does a rule or a word that does not fit the owner, nor an id used twice:
/// ```compile_fail
/// # use store::{Masked, tables};
/// # store::record! { /// A note.
/// # pub struct Note v1 { /// Its number.
/// # pub number: u32, } }
/// tables! {
///     /// Notes of an account.
///     NOTES = 1: ids::BoxId, Masked => Note, WithOwner, Static;
/// }
/// ```
/// ```compile_fail
/// # use store::{Masked, tables};
/// # store::record! { /// A note.
/// # pub struct Note v1 { /// Its number.
/// # pub number: u32, } }
/// tables! {
///     /// Notes of an account.
///     NOTES = 1: ids::BoxId, Masked => Note, NoUserData, Fresh;
/// }
/// ```
/// ```compile_fail
/// # use store::{Masked, tables};
/// # store::record! { /// A note.
/// # pub struct Note v1 { /// Its number.
/// # pub number: u32, } }
/// tables! {
///     /// Notes of an account.
///     NOTES = 1: ids::BoxId, Masked => Note, WithOwner, Fresh;
///     /// Others.
///     OTHERS = 1: ids::BoxId, Masked => Note, WithOwner, Fresh;
/// }
/// ```
#[macro_export]
macro_rules! tables {
    (
        $($(#[doc = $doc:literal])+ $name:ident = $id:literal: $owner:ty, $suffix:ty => $value:ty, $rule:ident, $versions:ident;)+
    ) => {
        $(
            $(#[doc = $doc])+
            pub const $name: $crate::Table<$owner, $suffix, $value> =
                $crate::Table::new(
                    $id,
                    stringify!($name),
                    $crate::Deletion::$rule,
                    $crate::Versions::$versions,
                );
        )+

        /// All tables declared here.
        pub const TABLES: &[$crate::TableInfo] = &[$($name.info()),+];

        const _: () = $crate::assert_distinct(TABLES);
    };
}
