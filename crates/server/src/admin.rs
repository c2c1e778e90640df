//! What the operator of a running server asks of it: a socket in the data folder, which only he can reach (A18).
//!
//! Invariant: no verb answers with anything of a user (P03); what there is to be said is of vaults, and in numbers.
use std::sync::Arc;

use link::{Answer, Control, NoKey, Pin};

use crate::node::Node;

/// All verbs, with what each does.
const VERBS: [(&str, &str); 3] = [
    ("verbs", "names all verbs"),
    ("vaults", "says how the vaults are"),
    ("vaults replace", "puts the vault of a line in the place of the one with a key"),
];

/// Serves the socket for as long as the process lives.
pub(crate) fn serve(node: Arc<Node>, control: Control) {
    tokio::spawn(control.serve(move |words| {
        let node = node.clone();
        async move { answer(&node, &words).await }
    }));
}

async fn answer(node: &Node, words: &str) -> Answer {
    match words.split_whitespace().collect::<Vec<_>>()[..] {
        ["verbs"] => Ok(VERBS.iter().map(|(words, does)| format!("{words}: {does}\n")).collect()),
        ["vaults"] => match node.keeper.standing().await {
            Some(standing) => Ok(standing.text()),
            None => Err("the store does not answer, or the server stops".to_owned()),
        },
        ["vaults", "replace", old, ref line @ ..] => replace(node, old, line.join(" ")).await,
        _ => Err("there is no such verb".to_owned()),
    }
}

async fn replace(node: &Node, old: &str, line: String) -> Answer {
    let old: Pin = old.parse().map_err(|error: NoKey| format!("the vault to be replaced: {error}"))?;
    match node.keeper.replace(old, line).await {
        Some(Ok(vault)) => Ok(format!(
            "Vault {} is the new one from now on. All keys are being shared anew; `heliograph admin vaults` says how far that is. \
             Until it is done what the old one has still counts. Name the new line in the configuration in the place of the old one.\n",
            vault.0
        )),
        Some(Err(error)) => Err(error.to_string()),
        None => Err("the server stops".to_owned()),
    }
}
