//! A deployment in one thread: a node, its vaults, its users, the network between them, their disks and clocks, all of it
//! driven by one scheduler from one seed.
//!
//! Store's transactions, sealing, custody, vaults and rules are the real ones. The server's keeper, the API and the embedded
//! engine are not in it: `node`, `jobs`, `outcomes` and `acts` stand for the first two, by the same rules, `node_disk`
//! for the third. What is simulated is what they stand on. A run goes through a storm (crashes, outages, a bad network,
//! wrong clocks, folders that were copied and come back) and then through a calm, in which everything that was begun must
//! come to its end.
//!
//! | file | does |
//! |---|---|
//! | `world` | the scheduler, the network |
//! | `node`, `jobs`, `outcomes` | the node: starts, exchanges with the vaults, requests |
//! | `acts`, `users` | what people do, and what they are told |
//! | `storm` | what goes wrong, and when it ends |
//! | `outage` | vaults that are away for a day, instead |
//! | `host`, `vault_disk`, `node_disk` | vaults and disks |
//! | `model`, `attack` | what must hold: whoever was told something finds it, and nothing that was shredded opens |
//! | `dice`, `story` | chance, and what happened |
//!
//! Invariants of every run: no two rows of a box share a record number, ever; what was acknowledged is there, once, as it
//! was; what was shredded opens with no image of the node's folder and the vaults as they are; an epoch of a box has
//! one sharing; a request that lacks keys gets them or an answer; deletions that waited for vaults are final in the end.
//! The same seed tells the same story, to the byte.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod acts;
mod attack;
mod dice;
mod host;
mod jobs;
mod model;
mod node;
mod node_disk;
mod outage;
mod outcomes;
mod storm;
mod story;
mod users;
mod vault_disk;
mod world;

use host::Lie;

/// A breach made on purpose, to show that a run notices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sabotage {
    /// The vaults keep what they said they destroyed.
    KeepKeys,
    /// A start draws the incarnation of the start before it.
    ReuseNumbers,
    /// Answers leave before their commits are durable.
    ForgetHeld,
    /// The store loses the list of what is to be cut out.
    ForgetPunctures,
    /// A store that was put back is not repaired.
    ForgetRepair,
}

/// Vaults that are away for long, in place of a storm (R12).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outage {
    /// So many that the others still open everything, for a day.
    AsManyAsMay,
    /// One more, for an hour.
    TooMany,
    /// All of them can be reached every other moment only, for an hour.
    Flapping,
}

/// What a run is to be.
#[derive(Clone, Copy)]
pub struct Options {
    /// Decides everything else.
    pub seed: u64,
    /// The breach, if one is to be made.
    pub sabotage: Option<Sabotage>,
    /// What there is instead of a storm, if anything.
    pub outage: Option<Outage>,
    /// Whether the lines of the story are kept, and not only their hash.
    pub keeps_lines: bool,
}

impl Options {
    /// A run as it should be.
    #[must_use]
    pub const fn of(seed: u64) -> Options {
        Options { seed, sabotage: None, outage: None, keeps_lines: false }
    }
}

/// What became of a run.
pub struct Report {
    /// Of everything that happened. Runs of one seed have one hash.
    pub hash: [u8; 32],
    /// The story, if it was kept.
    pub lines: Vec<String>,
    /// What must not be.
    pub wrongs: Vec<String>,
    /// How much happened, by its kind: to see that a run is no idle one.
    pub counts: Counts,
}

/// How much happened in a run.
#[derive(Clone, Copy, Default, Debug)]
pub struct Counts {
    /// Lines of the story.
    pub lines: u64,
    /// Starts of the node that came up.
    pub starts: u64,
    /// Folders put back.
    pub put_back: u64,
    /// Copies of messages, on both sides.
    pub copies: u64,
    /// Copies whose shredding is final.
    pub shredded: u64,
    /// Requests that lacked keys.
    pub needs: u64,
    /// Deletions that waited for vaults when these came back.
    pub waited: u64,
    /// Answers with a lie in them, by its kind.
    pub lies: [u64; Lie::KINDS],
    /// Misdeeds that were named, by what the liar lied about last.
    pub named: [u64; Lie::KINDS],
    /// Epochs that became current somewhere.
    pub epochs: u64,
    /// Records that attackers opened, in all images together.
    pub opened: u64,
}

/// One run.
#[must_use]
pub fn run(options: Options) -> Report {
    match world::World::new(options) {
        Some(world) => world.run(),
        None => Report {
            hash: [0; 32],
            lines: Vec::new(),
            wrongs: vec!["the world cannot begin".to_owned()],
            counts: Counts::default(),
        },
    }
}
