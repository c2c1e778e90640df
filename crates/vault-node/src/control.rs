//! What the operator of a running vault asks of it: a socket in its folder, which only he can reach, that says in words how
//! the vault is. Numbers only; a vault knows nothing else.

use std::future::ready;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use link::{AskError, Control};
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
    Silent(AskError),
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
        Err(OpenError::Taken) => link::ask(&folder.join(NAME), "status").map_err(StatusError::Silent)?,
        Err(error) => return Err(error.into()),
    };
    text.push_str(&format!("line {}\n", card.line()));
    for server in card.servers() {
        text.push_str(&format!("server {server}\n"));
    }
    Ok(text)
}

/// Answers whoever connects.
pub(crate) fn serve(control: Control, node: Arc<Node>) {
    tokio::spawn(control.serve(move |_| ready(Ok(say(&node)))));
}

/// The socket in a vault's folder.
pub(crate) fn open(folder: &Path) -> io::Result<Control> {
    Control::open(&folder.join(NAME))
}

fn say(node: &Node) -> String {
    let counts = &node.counts;
    format!(
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
    )
}
