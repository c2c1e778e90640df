//! A server as a process of its own: started on a folder, asked for its weight, stopped by its id.
//!
//! Also what the tests from outside start their servers with. Figures are the kernel's: proc(5).
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crypto::rsa::PublicKey;

/// How long a server may take to start, and to answer for its inbox.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the ready file is looked for: nobody tells of a file.
const POLL: Duration = Duration::from_millis(1);
/// Clock ticks in a second of proc(5): 100 on Linux, whatever the kernel's own tick.
const TICKS_PER_S: u64 = 100;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProcessError {
    /// The system refused something.
    #[error("the system refused: {0}")]
    Io(#[from] std::io::Error),
    /// It ended before it was ready.
    #[error("the server ended before it was ready ({status}):\n{log}")]
    Ended {
        /// How.
        status: ExitStatus,
        /// What it said.
        log: String,
    },
    /// It did not become ready.
    #[error("the server was not ready in time")]
    Late,
    /// Its ready file, its key or its inbox does not say what it should.
    #[error("the server says something that cannot be understood")]
    Unreadable,
}

/// A folder that vanishes with its owner.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// A new one among the temporary files.
    pub(crate) fn new() -> std::io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("heliograph-{}-{number}", std::process::id()));
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed stays among the temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What the ready file says.
#[derive(Clone)]
pub(crate) struct Ready {
    /// The port of MTProto.
    pub(crate) mtproto: SocketAddr,
    /// The port of HTTP.
    pub(crate) http: SocketAddr,
    /// The server's key, as a list of one.
    pub(crate) trusted: Arc<[PublicKey]>,
    /// The number of the data centre.
    pub(crate) dc: i32,
}

/// A running server. Dropping it ends it at once.
pub(crate) struct Process {
    child: Owned,
    ready: Ready,
    pub(super) folder: Folder,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

/// A child that does not outlive its owner.
pub(super) struct Owned(pub(super) Child);

impl Drop for Owned {
    fn drop(&mut self) {
        // Neither fails but for a child that has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a server leaves behind.
pub(crate) struct Ended {
    /// All it wrote to standard error.
    pub(crate) log: String,
    /// Its folder, to start another one on.
    pub(crate) folder: Folder,
}

impl Process {
    /// Starts `program` in development mode on free ports, and waits until it answers. `flags` are added: mostly
    /// `--set key=value`.
    pub(crate) fn start(program: &Path, folder: Folder, flags: &[&str]) -> Result<Self, ProcessError> {
        Self::start_in(program, folder, flags, &[])
    }

    /// The same, with variables in its surroundings.
    pub(crate) fn start_in(
        program: &Path,
        folder: Folder,
        flags: &[&str],
        variables: &[(&str, &OsStr)],
    ) -> Result<Self, ProcessError> {
        let ready_file = folder.path().join("ready.json");
        // What an earlier server left there when it was killed says nothing about this one.
        let _ = std::fs::remove_file(&ready_file);
        let mut command = Command::new(program);
        command.env_clear().args(["serve", "--dev", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
        command.arg("--data").arg(folder.path().join("data")).arg("--ready-file").arg(&ready_file);
        command.args(flags).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        // A breach that this process was given for its servers.
        #[cfg(feature = "sabotage")]
        command.envs(std::env::var_os("HELIOGRAPH_SABOTAGE").map(|breach| ("HELIOGRAPH_SABOTAGE", breach)));
        command.envs(variables.iter().copied());
        let mut child = Owned(command.spawn()?);
        let log = Arc::<Mutex<String>>::default();
        let reader = child.0.stderr.take().map(|stderr| {
            let log = log.clone();
            std::thread::spawn(move || keep(stderr, &log))
        });
        let ready = await_ready(&mut child.0, &ready_file, &log)?;
        Ok(Self { child, ready, folder, log, reader })
    }

    /// What its ready file said.
    pub(crate) fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Where its ready file is.
    pub(super) fn ready_file(&self) -> PathBuf {
        self.folder.path().join("ready.json")
    }

    /// The id of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.0.id()
    }

    /// Processor time it has used, in user and kernel mode.
    pub(crate) fn cpu(&self) -> Result<Duration, ProcessError> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid()))?;
        // Fields are counted behind the name, which may hold anything: utime and stime are the 12th and 13th.
        let (_, fields) = stat.rsplit_once(')').ok_or(ProcessError::Unreadable)?;
        let ticks = fields.split_ascii_whitespace().skip(11).take(2).map(str::parse::<u64>);
        let ticks = ticks.sum::<Result<u64, _>>().map_err(|_| ProcessError::Unreadable)?;
        Ok(Duration::from_millis(ticks * 1000 / TICKS_PER_S))
    }

    /// Processor time of its threads by their names, without the numbers some of them end in.
    pub(super) fn cpu_of_threads(&self) -> Result<BTreeMap<String, Duration>, ProcessError> {
        let mut of = BTreeMap::<String, Duration>::new();
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.pid()))? {
            let path = thread?.path();
            // A thread may end meanwhile.
            let (Ok(name), Ok(times)) =
                (std::fs::read_to_string(path.join("comm")), std::fs::read_to_string(path.join("schedstat")))
            else {
                continue;
            };
            let nanos = times.split_ascii_whitespace().next().and_then(|nanos| nanos.parse().ok());
            let name = name.trim_end().trim_end_matches(|last: char| last.is_ascii_digit()).trim_end();
            *of.entry(name.to_owned()).or_default() +=
                Duration::from_nanos(nanos.ok_or(ProcessError::Unreadable)?);
        }
        Ok(of)
    }

    /// One of its counters, by its name without the program's.
    pub(super) fn metric(&self, name: &str) -> Result<u64, ProcessError> {
        let mut stream = UnixStream::connect(self.folder.path().join("data/metrics.sock"))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let value = answer.lines().find_map(|line| line.strip_prefix("heliograph_")?.strip_prefix(name));
        value.and_then(|value| value.trim().parse().ok()).ok_or(ProcessError::Unreadable)
    }

    /// Bytes of memory that are in use and present.
    pub(crate) fn rss_bytes(&self) -> Result<u64, ProcessError> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
        kib.map(|kib| kib * 1024).ok_or(ProcessError::Unreadable)
    }

    /// Ends it as a power cut would (SIGKILL).
    pub(crate) fn kill(mut self) -> Result<Ended, ProcessError> {
        self.child.0.kill()?;
        Ok(self.ended()?.1)
    }

    /// Waits for its end.
    pub(super) fn ended(mut self) -> Result<(ExitStatus, Ended), ProcessError> {
        let status = self.child.0.wait()?;
        if let Some(reader) = self.reader.take() {
            // A reader that panicked has nothing more to say.
            let _ = reader.join();
        }
        let log = self.log();
        Ok((status, Ended { log, folder: self.folder }))
    }

    /// What it has written to standard error so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Ready {
    /// What the ready file of a running server says.
    pub(super) fn read(file: &Path) -> Result<Self, ProcessError> {
        parse(&std::fs::read_to_string(file)?).ok_or(ProcessError::Unreadable)
    }

    /// The newest login code of a number, if there is one.
    pub(crate) fn code(&self, phone: &str) -> Result<Option<String>, ProcessError> {
        let mut stream = TcpStream::connect(self.http)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let request =
            format!("GET /dev/inbox/{phone} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.http);
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or(ProcessError::Unreadable)?;
        if !head.starts_with("HTTP/1.1 200 ") {
            return Err(ProcessError::Unreadable);
        }
        let letters: serde_json::Value = serde_json::from_str(body).map_err(|_| ProcessError::Unreadable)?;
        Ok(letters.get(0).and_then(|letter| letter.get("code")?.as_str()).map(str::to_owned))
    }
}

fn keep(stderr: impl Read, log: &Mutex<String>) {
    for line in BufReader::new(stderr).lines() {
        let Ok(line) = line else { return };
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push_str(&line);
        log.push('\n');
    }
}

fn await_ready(child: &mut Child, file: &Path, log: &Mutex<String>) -> Result<Ready, ProcessError> {
    for _ in 0..PATIENCE.as_millis() / POLL.as_millis() {
        if let Ok(text) = std::fs::read_to_string(file) {
            return parse(&text).ok_or(ProcessError::Unreadable);
        }
        if let Some(status) = child.try_wait()? {
            let log = log.lock().unwrap_or_else(PoisonError::into_inner).clone();
            return Err(ProcessError::Ended { status, log });
        }
        std::thread::sleep(POLL);
    }
    Err(ProcessError::Late)
}

fn parse(text: &str) -> Option<Ready> {
    let said: serde_json::Value = serde_json::from_str(text).ok()?;
    let key = std::fs::read_to_string(said.get("public_key")?.as_str()?).ok()?;
    Some(Ready {
        mtproto: said.get("mtproto")?.as_str()?.parse().ok()?,
        http: said.get("http")?.as_str()?.strip_prefix("http://")?.parse().ok()?,
        trusted: Arc::new([PublicKey::from_pem(&key).ok()?]),
        dc: i32::try_from(said.get("dc")?.as_i64()?).ok()?,
    })
}
