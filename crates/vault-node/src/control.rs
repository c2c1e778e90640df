//! What the operator of a running vault asks of it: a socket in its folder, which only he can reach, that says in words how
//! the vault is. Numbers only; a vault knows nothing else.

use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{UnixListener, UnixStream};
use vault::{OpenError, Vault};

use crate::card::{Card, CardError};
use crate::entropy::OsRng;
use crate::serve::Node;

const NAME: &str = "control";

/// Why there is no status. Shown to the operator.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// The folder.
    #[error("{0}")]
    Open(#[from] OpenError),
    /// What the operator has said.
    #[error(transparent)]
    Card(#[from] CardError),
    /// The running vault does not answer.
    #[error("the vault runs and does not say how it is: {0}")]
    Silent(io::Error),
}

/// How a vault is, running or not, in lines of text.
///
/// # Errors
///
/// [`StatusError`].
pub fn status(folder: &Path) -> Result<String, StatusError> {
    let card = Card::read(folder)?;
    let mut text = match Vault::open(folder, Box::new(OsRng)) {
        Ok(vault) => {
            let (commit, rows, bytes) = vault.counts();
            format!("not running\ncommits {commit}\nrows {rows}\nbytes {bytes}\n")
        }
        Err(OpenError::NoPassphrase) => "not running\n".to_owned(),
        Err(OpenError::Taken) => {
            let mut text = String::new();
            let asked = StdUnixStream::connect(folder.join(NAME));
            asked.and_then(|mut socket| socket.read_to_string(&mut text)).map_err(StatusError::Silent)?;
            text
        }
        Err(error) => return Err(error.into()),
    };
    text.push_str(&format!("line {}\n", card.line()));
    for server in card.servers() {
        text.push_str(&format!("server {server}\n"));
    }
    Ok(text)
}

/// The socket; it is removed with this.
pub(crate) struct Control(PathBuf);

impl Drop for Control {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Answers whoever connects.
pub(crate) fn listen(folder: &Path, node: Arc<Node>) -> io::Result<Control> {
    let path = folder.join(NAME);
    // One that a killed process has left behind; the folder is ours alone.
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            say(&node, socket).await;
        }
    });
    Ok(Control(path))
}

async fn say(node: &Node, mut socket: UnixStream) {
    let counts = &node.counts;
    let text = format!(
        "running\ncommits {}\nrows {}\nbytes {}\nconnections {}\nhandshakes refused {}\nrequests answered {}\n\
         requests unanswered {}\nrounds {}\n",
        counts.commit.load(Relaxed),
        counts.rows.load(Relaxed),
        counts.bytes.load(Relaxed),
        node.connected(),
        node.refused(),
        counts.answered.load(Relaxed),
        counts.unanswered.load(Relaxed),
        counts.rounds.load(Relaxed),
    );
    // It fits the socket's buffer; who does not read it has it not.
    let _ = socket.write_all(text.as_bytes()).await;
}
