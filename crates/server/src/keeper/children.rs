//! Vaults of development mode in processes of their own: children of the server, over real connections.
//!
//! A child ends when its standard input does, which the kernel closes when the server ends, however it does. One that has
//! ended by itself is started again.
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ids::limits::{LINK_CONNECT_MS_MAX, LINK_PAUSE_MS_MAX};
use link::Pin;

/// How long a start waits for all children to say where they are; later is not too late.
const FIRST_WORD: Duration = Duration::from_millis(4 * LINK_CONNECT_MS_MAX);
/// Before a child that has ended is started again.
const PAUSE: Duration = Duration::from_millis(LINK_PAUSE_MS_MAX / 4);
/// What a child says first, before its address.
const WORD: &str = "listening ";

/// A vault in a process of its own. The process ends when this is dropped.
pub(crate) struct ChildVault(Arc<Shared>);

struct Shared {
    folder: PathBuf,
    /// The one server that it lets in.
    server: Pin,
    address: Mutex<Option<SocketAddr>>,
    /// Its life hangs on this.
    stdin: Mutex<Option<ChildStdin>>,
    is_over: AtomicBool,
}

/// Starts a vault on each of these folders, for the server with this key, and waits until all of them listen.
pub(super) fn start(folders: &[PathBuf], server: Pin) -> io::Result<Vec<ChildVault>> {
    let (told, words) = channel();
    let mut children = Vec::new();
    for folder in folders {
        let shared = Arc::new(Shared {
            folder: folder.clone(),
            server,
            address: Mutex::default(),
            stdin: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        let (watched, told) = (shared.clone(), told.clone());
        std::thread::Builder::new().name("vault".to_owned()).spawn(move || watched.watch(told))?;
        children.push(ChildVault(shared));
    }
    drop(told);
    for _ in folders {
        // One that does not come up is away like any other.
        let _ = words.recv_timeout(FIRST_WORD);
    }
    Ok(children)
}

impl ChildVault {
    /// Where it listens, if it does.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        *self.0.address.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ChildVault {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::SeqCst);
        drop(self.0.stdin.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Shared {
    /// The body of the thread that looks after the process. `told` is dropped or used when it listens for the first time, or
    /// does not.
    fn watch(&self, told: Sender<()>) {
        let mut told = Some(told);
        while !self.is_over.load(Ordering::SeqCst) {
            if let Ok(child) = spawn(&self.folder, self.server) {
                self.follow(child, &mut told);
            }
            told = None;
            if !self.is_over.load(Ordering::SeqCst) {
                std::thread::sleep(PAUSE);
            }
        }
    }

    /// Follows a child from its first word to its end.
    fn follow(&self, mut child: Child, told: &mut Option<Sender<()>>) {
        let stdin = child.stdin.take();
        *self.stdin.lock().unwrap_or_else(PoisonError::into_inner) = stdin;
        if self.is_over.load(Ordering::SeqCst) {
            // Dropped before there was anything to close.
            drop(self.stdin.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
        for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
            let Ok(line) = line else { break };
            if let Some(address) = line.strip_prefix(WORD).and_then(|address| address.parse().ok()) {
                *self.address.lock().unwrap_or_else(PoisonError::into_inner) = Some(address);
                let _ = told.take().map(|told| told.send(()));
            }
        }
        *self.address.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let _ = child.wait();
    }
}

fn spawn(folder: &Path, server: Pin) -> io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .args(["vault", "serve", "--listen", "127.0.0.1:0"])
        .arg("--folder")
        .arg(folder)
        .args(["--child-of", &server.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // A terminal's interrupt is for the server, which needs its vaults while it stops.
        .process_group(0)
        .spawn()
}
