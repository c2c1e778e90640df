//! `heliograph admin`: what the operator of a running server asks of it, over the socket in its data folder (A18).
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use link::Pin;

/// The server has to run. Who can use its data folder can ask it; nobody is told anything of its users.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder of all that the server keeps.
    #[arg(long, value_name = "DIR", default_value = "data", global = true)]
    data: PathBuf,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Name all that can be asked.
    Verbs,
    /// Say how the vaults are: who is away or behind, who is at fault, what waits for them.
    Vaults {
        #[command(subcommand)]
        change: Option<Change>,
    },
}

#[derive(Subcommand)]
enum Change {
    /// Put another vault in the place of one, while everybody is served: all keys are shared anew, and what the old one has is of no
    /// use then. The new one is empty, has enrolled this server, and runs; the old one need not.
    Replace {
        /// The key of the vault that goes.
        #[arg(value_name = "OLD-KEY")]
        old: Pin,
        /// The line of the new one, as `vault enroll` prints it: jurisdiction, key and address.
        #[arg(value_name = "NEW-LINE", required = true, num_args = 1..=3)]
        line: Vec<String>,
    },
}

impl Verb {
    /// As the server is asked.
    fn words(&self) -> String {
        match self {
            Self::Verbs => "verbs".to_owned(),
            Self::Vaults { change: None } => "vaults".to_owned(),
            Self::Vaults { change: Some(Change::Replace { old, line }) } => {
                format!("vaults replace {old} {}", line.join(" "))
            }
        }
    }
}

/// Asks, and prints the answer; 1 if there is none.
#[expect(clippy::print_stderr, reason = "the command line talks to its operator")]
pub(crate) fn run(Arguments { data, verb }: &Arguments) -> ExitCode {
    match link::ask(&data.join(server::ADMIN), &verb.words()) {
        Ok(text) => {
            // Nobody reads it when the output is closed.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("heliograph: the server of {}: {error}", data.display());
            ExitCode::FAILURE
        }
    }
}
