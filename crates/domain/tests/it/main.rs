//! The rules, tested through one door: a [`world::World`] with a clock that stands still and a seeded generator.

/// Whether each first use of a key is a need, and the function is run again: `tests/cold` runs all of this so.
pub(crate) const COLD: bool = false;

mod access;
mod accounts;
mod audits;
mod changing;
mod clearing;
mod contacts;
mod convergence;
mod corrupt;
mod cost;
mod dialogs;
mod difference;
mod forwarding;
mod history;
mod login;
mod orders;
mod pinning;
mod polls;
mod presence;
mod private;
mod quizzes;
mod reading;
mod repairs;
mod saving;
mod searching;
mod sending;
mod tables;
mod text;
mod timing;
mod tokens;
mod world;
