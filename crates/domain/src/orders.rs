//! Orders that wait in the outbox, by their kind: the one list of them. Numbers are never used twice.

/// The device's own key is to be destroyed at the vaults, if it [`is_unused`](crate::authorization::is_unused) still; it
/// refers to an auth key.
pub const DESTROY_DEVICE_KEY: u16 = 1;
/// The key of somebody who did not log in is to be [`expired`](crate::authorization::expire); it refers to an auth key.
pub const EXPIRE_KEY: u16 = 2;
/// The key of a day is to be destroyed at the vaults; it refers to the day.
pub const DESTROY_DAY_KEY: u16 = 3;
/// The time of a copy of a message is over ([`message::end`](crate::message::end)); it refers to its number in its box.
pub const END_MESSAGE: u16 = 4;
/// The time of a copy of a poll is over ([`message::close_due`](crate::message::close_due)); it refers to its number in its box.
pub const CLOSE_POLL: u16 = 5;
