//! The socket in a folder by which whoever owns that folder talks to the process that has it: words in, text out.
//!
//! Both programs with such a socket, and those who ask, use this. Invariants: only the folder's owner can connect (mode 0600,
//! set before anybody can); what is read and how long it may take is bounded; one is answered at a time (A18).

use std::future::Future;
use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ids::limits::{CONTROL_ANSWER_BYTES_MAX, CONTROL_ANSWER_MS_MAX, CONTROL_WORDS_BYTES_MAX};
use socket2::{Domain, SockAddr, Socket, Type};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

/// Those who wait to be answered.
const BACKLOG: i32 = 16;
/// Before the next try, after the system had no file for a connection.
const PAUSE: Duration = Duration::from_millis(100);
/// How long whoever connects may take to say what he wants, and to read it.
const PATIENCE: Duration = Duration::from_secs(5);
/// First line of an answer to what was done, and to what was not.
const DONE: &str = "done\n";
const NOT: &str = "not done\n";

/// The socket; its file is removed with this.
pub struct Control {
    path: PathBuf,
    listener: UnixListener,
}

/// What became of what was asked.
pub type Answer = Result<String, String>;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody listens, or does not go on.
    #[error("it does not answer: {0}")]
    Silent(io::Error),
    /// It says why not.
    #[error("{0}")]
    Refused(String),
}

impl Control {
    /// Makes the socket. One that a killed process has left behind goes: the folder is the caller's alone.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn open(path: &Path) -> io::Result<Control> {
        Ok(Control { path: path.to_owned(), listener: owners_socket(path)? })
    }

    /// Answers whoever connects, one after the other.
    pub async fn serve<F: Future<Output = Answer>>(self, answer: impl Fn(String) -> F) {
        loop {
            match self.listener.accept().await {
                Ok((socket, _)) => {
                    let _ = say(socket, &answer).await;
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn say<F: Future<Output = Answer>>(
    mut socket: UnixStream,
    answer: &impl Fn(String) -> F,
) -> io::Result<()> {
    let mut words = String::new();
    let most = u64::try_from(CONTROL_WORDS_BYTES_MAX).unwrap_or(u64::MAX);
    timeout(PATIENCE, (&mut socket).take(most).read_to_string(&mut words)).await??;
    let text = to_text(&answer(words).await);
    timeout(PATIENCE, async {
        socket.write_all(text.as_bytes()).await?;
        socket.shutdown().await
    })
    .await?
}

/// A socket that only the owner of its folder can connect to, in the place of one that a killed process has left behind: the
/// folder must be the caller's alone.
///
/// # Errors
///
/// The system's.
pub fn owners_socket(path: &Path) -> io::Result<UnixListener> {
    let _ = std::fs::remove_file(path);
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::unix(path)?)?;
    // Nobody can connect before it listens, so nobody does before the mode is right.
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    socket.listen(BACKLOG)?;
    UnixListener::from_std(socket.into())
}

/// Asks the process that has a folder.
///
/// # Errors
///
/// [`AskError`]
pub fn ask(path: &Path, words: &str) -> Result<String, AskError> {
    let exchange = || -> io::Result<String> {
        let mut socket = StdUnixStream::connect(path)?;
        socket.set_read_timeout(Some(Duration::from_millis(CONTROL_ANSWER_MS_MAX)))?;
        socket.write_all(words.as_bytes())?;
        socket.shutdown(Shutdown::Write)?;
        let mut text = String::new();
        let most = CONTROL_ANSWER_BYTES_MAX as u64;
        // One more than there may be shows that there are more.
        if socket.take(most + 1).read_to_string(&mut text)? as u64 > most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(text)
    };
    answer_in(&exchange().map_err(AskError::Silent)?)
}

/// An answer as it goes over the socket.
pub(crate) fn to_text(answer: &Answer) -> String {
    let (first, text) = match answer {
        Ok(text) => (DONE, text),
        Err(text) => (NOT, text),
    };
    [first, text].concat()
}

/// The answer in what came.
pub(crate) fn answer_in(text: &str) -> Result<String, AskError> {
    if let Some(done) = text.strip_prefix(DONE) {
        return Ok(done.to_owned());
    }
    Err(match text.strip_prefix(NOT) {
        Some(not) => AskError::Refused(not.to_owned()),
        None => AskError::Silent(io::ErrorKind::UnexpectedEof.into()),
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener as StdUnixListener;

    use super::*;

    /// Red when all that comes is read.
    #[test]
    fn a18_an_answer_without_end_is_no_answer() {
        let path = std::env::temp_dir().join(format!("heliograph-control-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let listener = StdUnixListener::bind(&path).expect("a socket");
        let answering = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().expect("somebody");
            let piece = [b'a'; 4096];
            let written = socket.write_all(DONE.as_bytes()).is_ok();
            let pieces = (0..2 * CONTROL_ANSWER_BYTES_MAX / piece.len())
                .take_while(|_| socket.write_all(&piece).is_ok());
            written && pieces.count() * piece.len() < 2 * CONTROL_ANSWER_BYTES_MAX
        });
        let asked = ask(&path, "anything");
        std::fs::remove_file(&path).expect("ours");
        assert!(matches!(asked, Err(AskError::Silent(error)) if error.kind() == io::ErrorKind::FileTooLarge));
        assert!(answering.join().expect("it ends"), "all of it was taken");
    }
}
