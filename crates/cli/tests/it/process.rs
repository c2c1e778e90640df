//! A server of its own for each test, in a folder of its own, stopped at the end whatever happens.
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A test that waits longer than this has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The binary under test.
pub(crate) fn heliograph() -> Command {
    heliograph_in(Command::new(env!("CARGO_BIN_EXE_heliograph")))
}

/// A command that runs it, with nothing of what is around.
fn heliograph_in(mut command: Command) -> Command {
    command.env_clear().stdin(Stdio::null());
    // A breach that this process was given for its servers; only a program with the feature looks at it.
    command.envs(std::env::var_os("HELIOGRAPH_SABOTAGE").map(|breach| ("HELIOGRAPH_SABOTAGE", breach)));
    command
}

/// Monotonic time, for deadlines.
#[expect(clippy::disallowed_methods, reason = "a test from outside has nobody who tells it the time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Asks again and again until there is an answer.
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(now() < deadline, "{what} did not happen");
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// A folder that goes with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("heliograph-it-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    /// The folders of the three vaults.
    pub(crate) fn vaults(&self) -> [PathBuf; 3] {
        ["1", "2", "3"].map(|vault| self.0.join("data-vaults").join(vault))
    }
}

/// `cp -a`.
pub(crate) fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.expect("cp runs").success());
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
        // Where a test serves the folder itself, its vaults lie beside it.
        let mut beside = self.0.clone().into_os_string();
        beside.push("-vaults");
        let _ = std::fs::remove_dir_all(beside);
    }
}

/// A running server.
pub(crate) struct Server {
    pub(crate) folder: Folder,
    child: Option<Child>,
    pub(crate) mtproto: SocketAddr,
    pub(crate) http: SocketAddr,
    pub(crate) public_key: PathBuf,
    pub(crate) dc: u64,
}

/// What a server left when it ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) folder: Folder,
}

impl Server {
    /// A server in development mode.
    pub(crate) fn start() -> Self {
        Self::with(&["--dev"])
    }

    /// A server with these flags besides the usual ones.
    pub(crate) fn with(flags: &[&str]) -> Self {
        Self::in_folder(Folder::new(), flags)
    }

    /// A server on the data that an earlier one left.
    pub(crate) fn in_folder(folder: Folder, flags: &[&str]) -> Self {
        Self::in_surroundings(folder, flags, &[])
    }

    /// The same, with variables in its environment.
    pub(crate) fn in_surroundings(folder: Folder, flags: &[&str], variables: &[(&str, &OsStr)]) -> Self {
        Self::begun_by(heliograph(), folder, flags, variables)
    }

    /// A server that may leave a core in its own folder as far as the system is concerned.
    pub(crate) fn with_cores() -> Self {
        let (folder, mut shell) = (Folder::new(), heliograph_in(Command::new("sh")));
        shell.args(["-c", "ulimit -c unlimited && cd \"$0\" && exec \"$@\""]);
        shell.arg(folder.path()).arg(env!("CARGO_BIN_EXE_heliograph"));
        Self::begun_by(shell, folder, &["--dev"], &[])
    }

    fn begun_by(mut command: Command, folder: Folder, flags: &[&str], variables: &[(&str, &OsStr)]) -> Self {
        let ready = folder.path().join("ready.json");
        // What a killed server left must not be taken for this one's.
        let _ = std::fs::remove_file(&ready);
        let create = |name| std::fs::File::create(folder.path().join(name)).expect("a file for output");
        let child = command
            .arg("serve")
            // As variables, so that a test can say otherwise in its flags. Who waits for something asks for it more often
            // than anybody may (A4).
            .envs([("HELIOGRAPH_LISTEN", "127.0.0.1:0"), ("HELIOGRAPH_HTTP", "127.0.0.1:0")])
            .env("HELIOGRAPH_LIMITS_CALLS_PERCENT", "0")
            .arg("--data")
            .arg(folder.path().join("data"))
            .arg("--ready-file")
            .arg(&ready)
            .args(flags)
            .envs(variables.iter().copied())
            .stdout(create("stdout"))
            .stderr(create("stderr"))
            .spawn()
            .expect("the server starts");
        let mut child = Some(child);
        let text = wait_for("the ready file", || {
            let status = child.as_mut().and_then(|child| child.try_wait().ok()).flatten();
            let log = || std::fs::read_to_string(folder.path().join("stderr")).unwrap_or_default();
            assert!(status.is_none(), "the server ended: {}", log());
            std::fs::read_to_string(&ready).ok()
        });
        let value: serde_json::Value = serde_json::from_str(&text).expect("the ready file is JSON");
        let field = |name: &str| value[name].as_str().expect("a text").to_owned();
        Self {
            child,
            mtproto: field("mtproto").parse().expect("host and port"),
            http: field("http").strip_prefix("http://").expect("a URL").parse().expect("host and port"),
            public_key: field("public_key").into(),
            dc: value["dc"].as_u64().expect("a number"),
            folder,
        }
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.data()
    }

    /// The process's number.
    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().expect("a running server").id()
    }

    /// Sends a signal by name, as `kill` knows it.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.pid().to_string()).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits for the end that a signal brings.
    pub(crate) fn stopped_by(mut self, signal: &str) -> Ended {
        self.signal(signal);
        let mut child = self.child.take().expect("a running server");
        let status = wait_for("the end of the server", || child.try_wait().expect("a child"));
        let folder = std::mem::replace(&mut self.folder, Folder::new());
        let read = |name| std::fs::read_to_string(folder.path().join(name)).expect("output is read");
        let (stdout, stderr) = (read("stdout"), read("stderr"));
        Ended { status, stdout, stderr, folder }
    }

    /// One HTTP/1.0 request; the whole answer.
    pub(crate) fn http_get(&self, path: &str, headers: &str) -> String {
        let mut stream = TcpStream::connect(self.http).expect("HTTP is reached");
        http_request(&mut stream, path, &format!("Host: {}\r\n{headers}", self.http))
    }

    /// A shred tick at once: boxes whose deletions are final after it, and boxes whose deletions are not.
    pub(crate) fn shred(&self) -> (u64, u64) {
        let mut stream = TcpStream::connect(self.http).expect("HTTP is reached");
        let head = format!("POST /dev/shred HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.http);
        stream.write_all(head.as_bytes()).expect("a request is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
        let told: serde_json::Value = serde_json::from_str(body).expect("JSON");
        (told["done"].as_u64().expect("a number"), told["open"].as_u64().expect("a number"))
    }

    /// The metrics as text.
    pub(crate) fn metrics(&self) -> String {
        let path = self.data().join("metrics.sock");
        let mut stream = std::os::unix::net::UnixStream::connect(path).expect("the metrics are reached");
        http_request(&mut stream, "/metrics", "Host: localhost\r\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn http_request(stream: &mut (impl Read + Write), path: &str, headers: &str) -> String {
    write!(stream, "GET {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n").expect("a request is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

/// Runs the binary to its end, which must come.
pub(crate) fn run(arguments: &[&str]) -> Output {
    let mut command = heliograph();
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    let deadline = now() + PATIENCE;
    while child.try_wait().expect("a child").is_none() {
        if now() >= deadline {
            let _ = child.kill();
            panic!("{arguments:?} does not end");
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
    child.wait_with_output().expect("its output")
}
