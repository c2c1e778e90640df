//! What the operator of a running vault asks of it: a socket in its folder, which only he can reach, that says in words how
//! the vault is (numbers only; a vault knows nothing else), and lets it give keys again.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use link::{Answer, AskError, Control};
use tokio::sync::oneshot;
use vault::{Budget, DiskError, OpenError, Vault};

use crate::audit::{self, Audit, AuditError, Checked, Head, Occasion};
use crate::card::{Card, CardError};
use crate::clock::Clock;
use crate::desk::Task;
use crate::entropy::OsRng;
use crate::serve::Node;

const NAME: &str = "control";
/// What can be asked.
const STATUS: &str = "status";
const RESUME: &str = "resume";

/// Why it was not done or said. Shown to the operator.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The folder.
    #[error("{0}")]
    Open(#[from] OpenError),
    /// What the operator has said.
    #[error(transparent)]
    Card(#[from] CardError),
    /// The disk.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The running vault does not answer, or says why not.
    #[error("the vault runs: {0}")]
    Silent(#[from] AskError),
    /// Its audit.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// It does not run, and nobody else can open it.
    #[error("the vault opens with its passphrase only: start it first")]
    Locked,
}

/// How a vault is, running or not, in lines of text.
///
/// # Errors
///
/// [`ControlError`].
pub fn status(folder: &Path) -> Result<String, ControlError> {
    let card = Card::read(folder)?;
    let mut text = match Vault::open(folder, Box::new(OsRng)) {
        Ok(mut vault) => {
            let (commit, rows, bytes) = vault.counts();
            vault.limit(card.budget(), 0)?;
            format!("not running\ncommits {commit}\nrows {rows}\nbytes {bytes}\n{}", words(vault.budget()))
        }
        Err(OpenError::NoPassphrase) => "not running\n".to_owned(),
        Err(OpenError::Taken) => link::ask(&folder.join(NAME), STATUS)?,
        Err(error) => return Err(error.into()),
    };
    text.push_str(&format!("line {}\n", card.line()));
    for server in card.servers() {
        text.push_str(&format!("server {server}\n"));
    }
    Ok(text)
}

/// The audit of a vault in lines of text, verified, through a head that was noted if there is one.
///
/// # Errors
///
/// [`ControlError`]: [`AuditError`] says what is wrong with it.
pub fn audit(folder: &Path, noted: Option<Head>) -> Result<String, ControlError> {
    let card = Card::read(folder)?;
    let Checked { mut text, head, commit } = audit::check(folder, &card.key().0, noted)?;
    text.push_str(&format!("head {head}\n"));
    // What the vault has durably done since its last line, if it can be asked.
    if let Ok(vault) = Vault::open(folder, Box::new(OsRng)) {
        let beyond = vault.counts().0.saturating_sub(commit);
        if beyond > 0 {
            text.push_str(&format!(
                "{beyond} commits are in no line: it was killed less than a minute after it had made them, or lines are missing\n"
            ));
        }
    }
    Ok(text)
}

/// Lets a vault whose breaker has opened give keys again, running or not.
///
/// # Errors
///
/// [`ControlError`].
pub fn resume(folder: &Path) -> Result<(), ControlError> {
    let card = Card::read(folder)?;
    match Vault::open(folder, Box::new(OsRng)) {
        Ok(mut vault) => {
            match audit::check(folder, &card.key().0, None) {
                Ok(_) | Err(AuditError::Missing) => {}
                Err(broken) => return Err(broken.into()),
            }
            vault.limit(card.budget(), 0)?;
            vault.resume()?;
            let (mut audit, _) = Audit::open(folder, vault.signer())?;
            let tally = vault.take_tally();
            audit
                .write(Occasion::Resumed, Clock::unix_s(), vault.counts().0, &tally)
                .map_err(AuditError::Io)?;
            Ok(())
        }
        Err(OpenError::NoPassphrase) => Err(ControlError::Locked),
        Err(OpenError::Taken) => Ok(link::ask(&folder.join(NAME), RESUME).map(drop)?),
        Err(error) => Err(error.into()),
    }
}

/// Answers whoever connects.
pub(crate) fn serve(control: Control, node: Arc<Node>) {
    tokio::spawn(control.serve(move |words| {
        let node = node.clone();
        async move { answer(&node, &words).await }
    }));
}

/// The socket in a vault's folder.
pub(crate) fn open(folder: &Path) -> io::Result<Control> {
    Control::open(&folder.join(NAME))
}

async fn answer(node: &Node, words: &str) -> Answer {
    match words {
        STATUS => Ok(say(node)),
        RESUME => {
            let (done, is_done) = oneshot::channel();
            let is_asked = node.tasks.send(Task::Resume(done)).await.is_ok();
            let is_done = is_asked && is_done.await.unwrap_or(false);
            if is_done { Ok(String::new()) } else { Err("its disk does not take it".to_owned()) }
        }
        _ => {
            Err("it does not know what that means: the program in the shell may be another version"
                .to_owned())
        }
    }
}

fn say(node: &Node) -> String {
    let counts = &node.counts;
    format!(
        "running\ncommits {}\nrows {}\nbytes {}\n{}{}connections {}\nhandshakes refused {}\nrequests answered {}\n\
         requests unanswered {}\nrounds {}\n",
        counts.commit.load(Relaxed),
        counts.rows.load(Relaxed),
        counts.bytes.load(Relaxed),
        words(counts.budget()),
        counts.audited().map_or(String::new(), |head| format!("audit {head}\n")),
        node.connected(),
        node.refused(),
        counts.answered.load(Relaxed),
        counts.unanswered.load(Relaxed),
        counts.rounds.load(Relaxed),
    )
}

/// How it stands with its budget.
fn words(budget: Option<Budget>) -> String {
    let Some(Budget { per_hour, left, is_open, given, withheld }) = budget else {
        return "budget none\n".to_owned();
    };
    let breaker = if is_open { "open" } else { "closed" };
    format!(
        "budget {per_hour}\nkeys left {left}\nkeys given {given}\nkeys withheld {withheld}\nbreaker {breaker}\n"
    )
}
