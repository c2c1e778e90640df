//! `sim SEED`: tells the story of one seed, and what was wrong with it.

use std::io::Write as _;
use std::process::ExitCode;

use sim::{Options, Report};

fn main() -> ExitCode {
    let mut out = std::io::stdout().lock();
    let Some(seed) = std::env::args().nth(1).and_then(|seed| seed.parse().ok()) else {
        // Nobody reads this if it cannot be written.
        let _ = writeln!(out, "sim SEED: a number");
        return ExitCode::FAILURE;
    };
    let Report { hash, lines, wrongs, counts } = sim::run(Options { keeps_lines: true, ..Options::of(seed) });
    for line in lines {
        let _ = writeln!(out, "{line}");
    }
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let _ = writeln!(out, "{counts:?}\n{hash}");
    for wrong in &wrongs {
        let _ = writeln!(out, "WRONG: {wrong}");
    }
    if wrongs.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
