//! `heliograph bench`: starts a server of its own, drives it over loopback with our own client, prints one table.
//!
//! Processor time and memory are those of the server's process, as the kernel counts them. Limits that are per address
//! stay as they are; the load comes from many addresses of 127.0.0.0/8 instead. Source of the targets: README, Figures.
mod attack;
mod connects;
mod crowd;
mod dialogs;
mod distant;
mod fanout;
mod flood;
mod handshakes;
mod history;
mod hostile;
mod idle;
mod machine;
mod messages;
mod micro;
mod overload;
mod process;
mod returns;
mod starts;
mod store;
mod table;
mod times;
mod vault;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::runtime::Runtime;

use self::process::{Folder, Process, ProcessError};
use self::table::Table;

/// Parts that take longest come last.
#[derive(Args)]
pub(crate) struct Arguments {
    /// What to measure; everything if nothing is named.
    #[arg(value_enum, value_name = "PART")]
    parts: Vec<Part>,
    /// Less of everything: a few seconds for each part, 2,000 idle connections for 10 seconds.
    #[arg(long)]
    quick: bool,
    /// Connections of the part `idle`; 15,000 by default.
    #[arg(long, value_name = "N")]
    connections: Option<u32>,
    /// How long they are idle, in seconds; 300 by default.
    #[arg(long, value_name = "SECONDS")]
    idle: Option<u64>,
    /// How long hostile handshakes, hostile calls or overload go on, in seconds; 30 by default.
    #[arg(long, value_name = "SECONDS")]
    attack: Option<u64>,
    /// The server to measure; this very program by default.
    #[arg(long, value_name = "PROGRAM")]
    program: Option<PathBuf>,
    /// How many hostile handshakes are begun in a second.
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    attack_rate: u32,
    #[command(flatten)]
    attack_on: attack::Arguments,
    #[command(flatten)]
    flood_of: flood::Arguments,
    #[command(flatten)]
    messages: messages::Arguments,
    #[command(flatten)]
    history: history::Arguments,
    #[command(flatten)]
    dialogs: dialogs::Arguments,
    #[command(flatten)]
    fan_out: fanout::Arguments,
    #[command(flatten)]
    returns: returns::Arguments,
    #[command(flatten)]
    store: store::Arguments,
    #[command(flatten)]
    vault: vault::Arguments,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Time from start to ready on an empty folder.
    Starts,
    /// Codec and cipher on one thread, without a server.
    Micro,
    /// The sealed store, without a server.
    Store,
    /// One vault, without a server.
    Vault,
    /// Connections a second.
    Connects,
    /// Handshakes a second, and what one costs.
    Handshakes,
    /// What logged-in users feel of hostile handshakes.
    Hostile,
    /// What well-behaved users feel of users who ask a hundred times as much.
    Flood,
    /// Messages through the whole wire, durable and delivered.
    Messages,
    /// Four times as many messages as can be answered.
    Overload,
    /// Pages of a history, of a short chat and a long one.
    History,
    /// The list of dialogs of somebody who has many.
    Dialogs,
    /// One message to somebody who is connected many times.
    FanOut,
    /// Clients that come back with keys they have, also after a crash.
    Returns,
    /// Accounts whose keys lie with vaults 50 ms away.
    Distant,
    /// Memory of an idle connection.
    Idle,
}

/// What is measured, and how much of it.
struct Amount {
    program: PathBuf,
    quick: bool,
    connections: u32,
    idle: Duration,
    attack: Duration,
    attack_rate: u32,
    messages: messages::Amount,
    history: history::Amount,
    dialogs: dialogs::Amount,
    fan_out: fanout::Amount,
    returns: returns::Amount,
    store: store::Amount,
    vault: vault::Amount,
}

/// Why a part has no figures.
#[derive(Debug, thiserror::Error)]
enum BenchError {
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error("the system refused: {0}")]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Connect(#[from] client::ConnectError),
    #[error(transparent)]
    Wire(#[from] client::WireError),
    #[error("a call failed: {0}")]
    Call(#[from] client::CallError),
    #[error("a login failed: {0}")]
    LogIn(#[from] client::LogInError),
    #[error("a task of the generator failed")]
    Task(#[from] tokio::task::JoinError),
    #[error("the server answered with something else")]
    Unexpected,
    #[error("the server had trouble:\n{0}")]
    Trouble(String),
    #[error(transparent)]
    Store(#[from] ::store::StoreError),
    #[error(transparent)]
    Engine(#[from] ::store::EngineError),
    #[error(transparent)]
    Rows(#[from] ::store::OpenError),
    #[error("a vault cannot be made: {0}")]
    Vault(#[from] ::vault::OpenError),
    #[error(transparent)]
    Boot(custody::BootError),
    #[error("vaults or keys failed")]
    Keys,
    #[error("a tick did not do all it had to")]
    NotTicked,
    #[error("nothing was measured")]
    Nothing,
}

/// Prints the table; 1 if something could not be measured. A figure that misses its target is told, no failure.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the command line talks to its operator")]
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    if let Some(done) = arguments.attack_on.run(arguments.attack_rate) {
        return done;
    }
    if let Some(done) = arguments.flood_of.run() {
        return done;
    }
    let all = <Part as ValueEnum>::value_variants();
    let parts = all.iter().filter(|part| arguments.parts.is_empty() || arguments.parts.contains(part));
    let amount = match arguments.amount() {
        Ok(amount) => amount,
        Err(error) => {
            eprintln!("heliograph: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut table = Table::default();
    let mut failed = false;
    for part in parts {
        let name = part.to_possible_value().map_or(String::new(), |value| value.get_name().to_owned());
        eprintln!("heliograph: measuring {name} ...");
        if let Err(error) = measure(*part, &amount, &mut table) {
            eprintln!("heliograph: {name}: {error}");
            failed = true;
        }
    }
    print!("{}\n{table}", machine::facts());
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

impl Arguments {
    fn amount(&self) -> Result<Amount, BenchError> {
        let (connections, idle_s, attack_s) = if self.quick { (2_000, 10, 8) } else { (15_000, 300, 30) };
        Ok(Amount {
            program: self.program.clone().map_or_else(std::env::current_exe, Ok)?,
            quick: self.quick,
            connections: self.connections.unwrap_or(connections),
            idle: Duration::from_secs(self.idle.unwrap_or(idle_s)),
            attack: Duration::from_secs(self.attack.unwrap_or(attack_s)),
            attack_rate: self.attack_rate.max(1),
            messages: self.messages.amount(self.quick),
            history: self.history.amount(self.quick),
            dialogs: self.dialogs.amount(self.quick),
            fan_out: self.fan_out.amount(self.quick),
            returns: self.returns.amount(self.quick),
            store: self.store.amount(self.quick),
            vault: self.vault.amount(self.quick),
        })
    }
}

fn measure(part: Part, amount: &Amount, table: &mut Table) -> Result<(), BenchError> {
    match part {
        Part::Starts => starts::measure(amount, table),
        Part::Micro => micro::measure(amount, table),
        Part::Store => store::measure(&amount.store, table),
        Part::Vault => vault::measure(&amount.vault, table),
        Part::Connects => runtime()?.block_on(connects::measure(amount, table)),
        Part::Handshakes => runtime()?.block_on(handshakes::measure(amount, table)),
        Part::Hostile => runtime()?.block_on(hostile::measure(amount, table)),
        Part::Flood => runtime()?.block_on(flood::measure(amount, table)),
        Part::Messages => runtime()?.block_on(messages::measure(amount, table)),
        Part::Overload => runtime()?.block_on(overload::measure(amount, table)),
        Part::History => runtime()?.block_on(history::measure(amount, table)),
        Part::Dialogs => runtime()?.block_on(dialogs::measure(amount, table)),
        Part::FanOut => runtime()?.block_on(fanout::measure(amount, table)),
        Part::Returns => runtime()?.block_on(returns::measure(amount, table)),
        Part::Distant => runtime()?.block_on(distant::measure(amount, table)),
        Part::Idle => runtime()?.block_on(idle::measure(amount, table)),
    }
}

/// A reactor for the generator; dropping it ends all its tasks.
fn runtime() -> Result<Runtime, BenchError> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

/// A server on an empty folder that logs nothing but trouble, and asks nobody to wait: what one user may ask is not what
/// is measured.
fn serve(amount: &Amount, settings: &[&str]) -> Result<Process, BenchError> {
    serve_on(amount, Folder::new()?, settings)
}

/// The same on a folder that an earlier one left.
fn serve_on(amount: &Amount, folder: Folder, settings: &[&str]) -> Result<Process, BenchError> {
    start(amount, folder, &[settings, &["limits.calls_percent=0"]].concat())
}

/// A server with the budgets of calls as they are.
fn serve_as_shipped(amount: &Amount, settings: &[&str]) -> Result<Process, BenchError> {
    start(amount, Folder::new()?, settings)
}

fn start(amount: &Amount, folder: Folder, settings: &[&str]) -> Result<Process, BenchError> {
    let mut flags = vec!["--log-level", "error"];
    for setting in settings {
        flags.extend(["--set", setting]);
    }
    Ok(Process::start(&amount.program, folder, &flags)?)
}

/// Ends a server, and refuses its figures if it had trouble.
fn end(server: Process) -> Result<(), BenchError> {
    let log = server.kill()?.log;
    if log.is_empty() { Ok(()) } else { Err(BenchError::Trouble(log)) }
}
