//! Accounts whose keys lie with five vaults, each at the end of a line of 50 ms there and back.
//!
//! The lines are ours: what comes out of one went in so much earlier. After a start everybody is cold. Trips
//! are told by the answers that come out of the lines: one that comes as much later as a line is long may be another trip, and
//! one that comes sooner cannot be.
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use client::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::crowd::{self, User, sign_up_all};
use super::process::{Folder, Owned, Process, ProcessError};
use super::returns::{Known, all_at_once, come_back};
use super::table::Table;
use super::times::Times;
use super::{BenchError, end};

const VAULTS: usize = 5;
/// How long bytes are under way in one direction.
const ONE_WAY: Duration = Duration::from_millis(25);
/// Pieces on their way in one direction of a line.
const PIECES_MAX: usize = 256;
const PIECE_BYTES: usize = 64 << 10;
/// From a known key to the first answer, 99 of 100, in milliseconds.
const COLD_MS_MAX: f64 = 150.0;
/// Trips for it.
const TRIPS_MAX: f64 = 2.0;
/// A thousand at once, in seconds.
const CROWD_S_MAX: f64 = 5.0;

/// When something came out of a line, whichever.
#[derive(Clone)]
struct Answers {
    clock: Clock,
    came: Arc<Mutex<Vec<Duration>>>,
}

impl Answers {
    fn came_now(&self) {
        self.came.lock().unwrap_or_else(PoisonError::into_inner).push(self.clock.elapsed());
    }

    /// Trips one after another, of all that came since this was asked last.
    fn trips(&self) -> u64 {
        let came = std::mem::take(&mut *self.came.lock().unwrap_or_else(PoisonError::into_inner));
        let (mut trips, mut last) = (0, None);
        for at in came {
            if last.is_none_or(|last| at >= last + 2 * ONE_WAY) {
                (trips, last) = (trips + 1, Some(at));
            }
        }
        trips
    }
}

/// Vaults of other people. They end with this.
struct Vaults {
    _processes: Vec<Owned>,
    _lines: JoinSet<()>,
    answers: Answers,
    /// How a server is told of them.
    named: Vec<String>,
}

impl Vaults {
    /// In the server's folder, beside its data.
    async fn start(program: &Path, folder: &Path) -> Result<Self, BenchError> {
        let server_key = say(program, &["vault", "invite", "--data", text(&folder.join("data"))?])?;
        let answers = Answers { clock: Clock::start(), came: Arc::default() };
        let mut vaults = Self { _processes: Vec::new(), _lines: JoinSet::new(), answers, named: Vec::new() };
        for number in 1..=VAULTS {
            let (place, land) = (folder.join(format!("vault-{number}")), format!("L{number}"));
            let place = text(&place)?;
            let line = TcpListener::bind("127.0.0.1:0").await?;
            let address = line.local_addr()?.to_string();
            say(
                program,
                &["vault", "init", "--folder", place, "--jurisdiction", &land, "--address", &address],
            )?;
            let enrolled = say(program, &["vault", "enroll", "--folder", place, server_key.trim()])?;
            let named = enrolled.lines().last().ok_or(ProcessError::Unreadable)?;
            let (process, listens) = serve(program, place)?;
            vaults._lines.spawn(lay(line, listens, vaults.answers.clone()));
            vaults._processes.push(process);
            vaults.named.extend(["--vault".to_owned(), named.to_owned()]);
        }
        Ok(vaults)
    }
}

pub(super) async fn measure(amount: &super::Amount, table: &mut Table) -> Result<(), BenchError> {
    let (alone, crowd) = if amount.quick { (20, 50) } else { (200, 1_000) };
    let folder = Folder::new()?;
    let vaults = Vaults::start(&amount.program, folder.path()).await?;
    let server = start(&amount.program, folder, &vaults)?;
    let users = sign_up_all(&Arc::new(server.ready().clone()), 0..alone + crowd).await?;
    let known = |(number, user): (u32, User)| (number, user.client.permanent().clone());
    let known: Vec<Known> = (0..alone + crowd).zip(users).map(known).collect();
    let (alone, crowd) = known.split_at(alone as usize);

    let server = start(&amount.program, server.kill()?.folder, &vaults)?;
    one_after_another(&server, alone, &vaults, table).await?;
    let clock = Clock::start();
    all_at_once(&Arc::new(server.ready().clone()), crowd, None).await?;
    let name = format!("{} cold accounts at once, all back", crowd.len());
    table.at_most(&name, clock.elapsed().as_secs_f64(), CROWD_S_MAX, "s");
    end(server)
}

/// Each comes back twice: cold, and warm.
async fn one_after_another(
    server: &Process,
    known: &[Known],
    vaults: &Vaults,
    table: &mut Table,
) -> Result<(), BenchError> {
    let (mut cold, mut cold_trips, mut warm, mut warm_trips) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for (number, identity) in known {
        let options = crowd::options(server.ready(), *number);
        // What was asked for without anybody waiting is none of theirs.
        let (_, clock) = (vaults.answers.trips(), Clock::start());
        come_back(options.clone(), identity.clone()).await?;
        cold.push(clock.elapsed());
        cold_trips.push(vaults.answers.trips());
        let clock = Clock::start();
        come_back(options, identity.clone()).await?;
        warm.push(clock.elapsed());
        warm_trips += vaults.answers.trips();
    }
    let (cold, warm) = (Times::of(cold), Times::of(warm));
    let name = "a cold account, five vaults at 50 ms, to its first answer";
    table.fact(&format!("{name}, median"), cold.ms(0.5)?, "ms");
    table.at_most(&format!("{name}, 99 of 100"), cold.ms(0.99)?, COLD_MS_MAX, "ms");
    cold_trips.sort_unstable();
    let trips = |part: f64| cold_trips.get((cold_trips.len() as f64 * part) as usize).copied();
    table.fact("trips for it, median", trips(0.5).ok_or(BenchError::Nothing)? as f64, "");
    table.at_most("trips for it, 99 of 100", trips(0.99).ok_or(BenchError::Nothing)? as f64, TRIPS_MAX, "");
    table.fact("the same account warm, 99 of 100", warm.ms(0.99)?, "ms");
    table.at_most("trips of all of these", warm_trips as f64, 0.0, "");
    Ok(())
}

/// A server that has its keys with them, and logs nothing but trouble.
fn start(program: &Path, folder: Folder, vaults: &Vaults) -> Result<Process, BenchError> {
    let mut flags = vec!["--log-level", "error", "--set", "limits.calls_percent=0"];
    flags.extend(["--set", "limits.handshake_cpu_percent=100"]);
    flags.extend(vaults.named.iter().map(String::as_str));
    Ok(Process::start(program, folder, &flags)?)
}

/// What a command prints.
fn say(program: &Path, arguments: &[&str]) -> Result<String, BenchError> {
    let output = Command::new(program).env_clear().args(arguments).stdin(Stdio::null()).output()?;
    if !output.status.success() {
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(ProcessError::Ended { status: output.status, log }.into());
    }
    Ok(String::from_utf8(output.stdout).map_err(|_| ProcessError::Unreadable)?)
}

fn text(path: &Path) -> Result<&str, BenchError> {
    Ok(path.to_str().ok_or(ProcessError::Unreadable)?)
}

/// A vault's process, and where it listens.
fn serve(program: &Path, folder: &str) -> Result<(Owned, SocketAddr), BenchError> {
    let mut command = Command::new(program);
    command.env_clear().args(["vault", "serve", "--folder", folder, "--listen", "127.0.0.1:0"]);
    let child: Child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut process = Owned(child);
    let mut word = String::new();
    let out = process.0.stdout.as_mut().ok_or(ProcessError::Unreadable)?;
    BufReader::new(out).read_line(&mut word)?;
    let listens = word.trim().strip_prefix("listening ").and_then(|address| address.parse().ok());
    Ok((process, listens.ok_or(ProcessError::Unreadable)?))
}

/// Carries every connection to a vault, late, until nobody wants it any more.
async fn lay(listener: TcpListener, vault: SocketAddr, answers: Answers) {
    let mut ways = JoinSet::new();
    while let Ok((server, _)) = listener.accept().await {
        let Ok(vault) = TcpStream::connect(vault).await else { continue };
        // Without it everything is later than it should be.
        let _ = (server.set_nodelay(true), vault.set_nodelay(true));
        let ((from_server, to_server), (from_vault, to_vault)) = (server.into_split(), vault.into_split());
        ways.spawn(carry(from_server, to_vault, None));
        ways.spawn(carry(from_vault, to_server, Some(answers.clone())));
    }
}

/// Passes bytes on, each piece as late as all others.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, answers: Option<Answers>) {
    let clock = Clock::start();
    let (send, mut pieces) = mpsc::channel::<(Duration, Vec<u8>)>(PIECES_MAX);
    let take = async move {
        let mut piece = vec![0; PIECE_BYTES];
        while let Ok(bytes @ 1..) = from.read(&mut piece).await {
            let taken = piece.get(..bytes).unwrap_or_default().to_vec();
            if send.send((clock.elapsed() + ONE_WAY, taken)).await.is_err() {
                return;
            }
        }
    };
    let give = async move {
        while let Some((due, piece)) = pieces.recv().await {
            tokio::time::sleep(due.saturating_sub(clock.elapsed())).await;
            if let Some(answers) = &answers {
                answers.came_now();
            }
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(take, give);
}
