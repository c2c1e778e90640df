//! Auth keys in memory: the state of their sessions, whose they are, and which ids are known not to exist.
mod absent;
mod device;
mod entry;
mod lane;
mod table;

pub(crate) use self::device::Device;
pub(crate) use self::entry::{Dead, KeyEntry, Said};
pub(crate) use self::lane::{Subscription, Turn};
pub(crate) use self::table::{KeyTable, Lookup};
