//! A disk that can be watched, crashed and made to fail: the C shim, what it records, and the states a crash can leave.

mod states;
mod trace;
mod world;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

pub(crate) use self::states::{Chance, State};
pub(crate) use self::trace::{Step, Trace};
pub(crate) use self::world::World;
use crate::scratch::Scratch;

/// What a watched process is told with its environment.
const WATCHED: &str = "HELIOGRAPH_TEST_WATCHED";

/// Another process of this test program, whose folders are watched. It does what it is told, line by line.
pub(crate) struct Watched {
    process: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    folders: Scratch,
    traces: Scratch,
}

impl Watched {
    pub(crate) fn start() -> Self {
        let (folders, traces) = (Scratch::new(), Scratch::new());
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "process::watched_process", "--nocapture"])
            .env(WATCHED, folders.path())
            .env("LD_PRELOAD", shim())
            .env("DISK_ROOT", folders.path())
            .env("DISK_TRACE", traces.path())
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let orders = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { process, orders, answers, folders, traces }
    }

    /// Where a folder of this name lies.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.folders.path().join(name)
    }

    /// Gives an order and waits until it is done; answers what the process said.
    pub(crate) fn order(&mut self, order: &str) -> String {
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        for line in (&mut self.answers).lines() {
            if let Some(answer) = line.unwrap().strip_prefix("answer ") {
                return answer.to_owned();
            }
        }
        panic!("the watched process ended at {order:?}");
    }

    /// What was recorded for a folder; the record and the folder are gone then.
    pub(crate) fn take(&self, name: &str) -> Trace {
        let path = self.traces.path().join(name);
        let trace = Trace::read(&std::fs::read(&path).unwrap_or_default());
        let _ = std::fs::remove_file(path);
        let _ = std::fs::remove_dir_all(self.folder(name));
        trace
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.process.wait();
    }
}

/// In the watched process: its folders' place.
pub(crate) fn watched() -> Option<PathBuf> {
    std::env::var_os(WATCHED).map(PathBuf::from)
}

/// In the watched process: says something between two calls.
pub(crate) fn marker(folder: &Path, text: &str) {
    let _ = std::fs::File::open(folder.join(format!("@{text}")));
}

/// Compiles the shim, once.
fn shim() -> &'static Path {
    static SHIM: OnceLock<PathBuf> = OnceLock::new();
    SHIM.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shim/disk.c");
        let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let (made, shim) = (place.join(format!("disk-{}.so", std::process::id())), place.join("disk.so"));
        let compiled = Command::new("cc")
            .args(["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"])
            .args([&made, &source])
            .args(["-ldl", "-lpthread"])
            .status();
        assert!(compiled.is_ok_and(|status| status.success()), "the shim needs a C compiler (cc)");
        std::fs::rename(made, &shim).unwrap();
        shim
    })
}
