//! The binary `heliograph`: reads the command line and hands over.
//!
//! Scripts rely on the names of commands and flags, on exit codes (0 done, 1 not done, 2 wrong command line) and on
//! the ready file; everything else printed is for people.
mod admin;
mod backup;
mod bench;
mod doctor;
mod serve;
mod vault;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What people write is in no memory longer than it is used.
#[global_allocator]
static HEAP: crypto::heap::Erasing = crypto::heap::Erasing;

/// A self-hosted messenger server that speaks MTProto.
#[derive(Parser)]
#[command(name = "heliograph", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server until SIGTERM or SIGINT.
    Serve(Box<serve::Arguments>),
    /// Hold keys for a server that somebody else runs.
    Vault(vault::Arguments),
    /// Ask a running server something, as its operator.
    Admin(admin::Arguments),
    /// Connect as a client would, and say in one sentence why a client cannot.
    Doctor(doctor::Arguments),
    /// Write all rows of a store to a file, sealed as they lie.
    Dump(backup::Arguments),
    /// Fill an empty store from such a file.
    Restore(backup::Arguments),
    /// Measure this build on this machine, with a server of its own.
    Bench(bench::Arguments),
}

fn main() -> ExitCode {
    #[cfg(feature = "sabotage")]
    if let Ok(word) = std::env::var("HELIOGRAPH_SABOTAGE") {
        assert!(ids::sabotage::commit(&word), "there is no such breach");
    }
    match Arguments::parse().command {
        Command::Serve(arguments) => serve::run(*arguments),
        Command::Vault(arguments) => vault::run(arguments),
        Command::Admin(arguments) => admin::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Dump(arguments) => backup::dump(&arguments),
        Command::Restore(arguments) => backup::restore(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
    }
}
