//! The vaults, seen from the server: their codec, sharing, and the exchanges that release, mint, shred and destroy keys.
//!
//! Every byte follows docs/keys.md, sections 2, 3, 5.2 and 6.
//!
//! | module | does |
//! |---|---|
//! | [`wire`] | the codec, both sides of it |
//! | `roster`, `deployment` | who the vaults are, what they know keys by, what they did wrong |
//! | `shared`, `verdict` | shares and commitments; what the words of several vaults mean together |
//! | `exchange`, `machine` | operations packed into requests and sent again; how every machine is driven |
//! | `draw`, `boot` | a start: its incarnation, its keys, whether the store is behind |
//! | `release`, `fetch` | keys into memory, and states that the store has lost |
//! | `survey` | which leaves are alive, without a key that opens anything |
//! | `mint`, `destroy`, `report` | new keys, keys that go, the last durable commit |
//! | `shred`, `reshare` | the tick; new shares of any keys |
//! | `adopt` | a vault that takes the place of another |
//!
//! Invariants: nothing here has a socket, a clock or randomness of its own; what a vault says counts only when its
//! signature and the hash of our request are right; no key goes to a vault, only shares of secrets from which keys are
//! derived with the local part, which no vault sees.
#![deny(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        reason = "a test that is wrong about its own data should stop at once"
    )
)]
#![forbid(unsafe_code)]

mod adopt;
mod boot;
mod deployment;
mod destroy;
mod draw;
mod exchange;
mod fetch;
mod machine;
mod mint;
mod release;
mod report;
mod reshare;
mod roster;
mod shared;
mod shred;
mod state_rows;
mod survey;
mod verdict;
pub mod wire;

pub use adopt::{Adopt, AdoptError};
pub use boot::{Boot, BootError, Booted, Start, mending, system_boxes};
pub use deployment::{Deployment, Health, KeyName, Misdeed, Named};
pub use destroy::{Destroy, Destroyed, Doomed};
pub use exchange::{Pace, Transmit};
pub use machine::{Machine, World};
pub use mint::{Make, Mint, Minted};
pub use release::{Release, Released, Want};
pub use report::Report;
pub use reshare::Reshare;
pub use roster::{Member, Roster, RosterError, VaultNo, is_jurisdiction};
pub use shred::{Job, Shred, Ticked};
pub use state_rows::{Opening, Settled, StateRows};
pub use survey::{Survey, Surveyed};

#[cfg(test)]
mod tests;

/// A vault as bytes in, bytes out: a folder of this machine, one over a network, the model in tests.
pub trait Vault {
    /// One exchange: a request of [`wire`], and its signed answer.
    ///
    /// # Errors
    ///
    /// [`Away`] if there is no answer. The request may have been carried out or not.
    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, Away>;
}

/// A vault did not answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the vault did not answer")]
pub struct Away;
