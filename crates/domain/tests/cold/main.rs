//! All tests of the rules again, over a keyring in which each first use of a box, a device or a blank box is a need: a
//! function that was run again leaves the same as one that ran once.

/// See `tests/it`.
pub(crate) const COLD: bool = true;

#[path = "../it/access.rs"]
mod access;
#[path = "../it/accounts.rs"]
mod accounts;
#[path = "../it/audits.rs"]
mod audits;
#[path = "../it/changing.rs"]
mod changing;
#[path = "../it/clearing.rs"]
mod clearing;
#[path = "../it/contacts.rs"]
mod contacts;
#[path = "../it/convergence.rs"]
mod convergence;
#[path = "../it/corrupt.rs"]
mod corrupt;
#[path = "../it/cost.rs"]
mod cost;
#[path = "../it/dialogs.rs"]
mod dialogs;
#[path = "../it/difference.rs"]
mod difference;
#[path = "../it/forwarding.rs"]
mod forwarding;
#[path = "../it/history.rs"]
mod history;
#[path = "../it/login.rs"]
mod login;
#[path = "../it/orders.rs"]
mod orders;
#[path = "../it/pinning.rs"]
mod pinning;
#[path = "../it/polls.rs"]
mod polls;
#[path = "../it/presence.rs"]
mod presence;
#[path = "../it/private.rs"]
mod private;
#[path = "../it/quizzes.rs"]
mod quizzes;
#[path = "../it/reading.rs"]
mod reading;
#[path = "../it/repairs.rs"]
mod repairs;
#[path = "../it/saving.rs"]
mod saving;
#[path = "../it/searching.rs"]
mod searching;
#[path = "../it/sending.rs"]
mod sending;
#[path = "../it/tables.rs"]
mod tables;
#[path = "../it/text.rs"]
mod text;
#[path = "../it/timing.rs"]
mod timing;
#[path = "../it/tokens.rs"]
mod tokens;
#[path = "../it/world.rs"]
mod world;
