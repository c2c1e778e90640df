//! The figures of the sealed store: engine, sealing, commits and ticks in this process, over three vaults in folders.
//!
//! What is compared is measured in one run, by turns, so that a busy machine slows both sides alike; processor time is
//! the kernel's. Source of the targets: README, Figures.
mod commits;
mod deck;
mod disk;
mod folder;
mod people;
mod seal;
mod ticks;

pub(super) use folder::disk_bytes;

use clap::{Args, ValueEnum};

use super::BenchError;
use super::table::Table;

/// How much of it.
#[derive(Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Of the part `store`, what to measure; all of it if nothing is named.
    #[arg(long = "store", value_enum, value_name = "WHAT")]
    what: Vec<What>,
    /// Records in the box that is ticked, and messages on the disk and in the folder; 1,000,000 by default.
    #[arg(long, value_name = "N")]
    records: Option<u32>,
    /// Boxes that one tick finds dirty; 10,000 by default.
    #[arg(long, value_name = "N")]
    boxes: Option<usize>,
    /// Messages of each round of commits; 2,048 by default.
    #[arg(long, value_name = "N")]
    messages: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Leaves and records, on one thread.
    Seal,
    /// Durable messages, against the bare engine.
    Commits,
    /// A tick of a large box, and of many boxes.
    Ticks,
    /// What a message takes on the disk.
    Disk,
    /// A start with a large folder, and what is left of it after everything was deleted.
    Folder,
}

/// What is measured, and how much of it.
pub(super) struct Amount {
    what: Vec<What>,
    quick: bool,
    records: u32,
    boxes: usize,
    messages: usize,
}

impl Arguments {
    pub(super) fn amount(&self, quick: bool) -> Amount {
        let all = <What as ValueEnum>::value_variants();
        let (records, boxes, messages) = if quick { (50_000, 200, 512) } else { (1_000_000, 10_000, 2_048) };
        Amount {
            what: if self.what.is_empty() { all.to_vec() } else { self.what.clone() },
            quick,
            records: self.records.unwrap_or(records).clamp(100, 10_000_000),
            boxes: self.boxes.unwrap_or(boxes).clamp(1, 10_000),
            messages: self.messages.unwrap_or(messages).clamp(people::PAIRS, 1_000_000),
        }
    }
}

pub(super) fn measure(amount: &Amount, table: &mut Table) -> Result<(), BenchError> {
    for what in &amount.what {
        match what {
            What::Seal => seal::measure(amount, table)?,
            What::Commits => commits::measure(amount, table)?,
            What::Ticks => ticks::measure(amount, table)?,
            What::Disk => disk::measure(amount, table)?,
            What::Folder => folder::measure(amount, table)?,
        }
    }
    Ok(())
}
