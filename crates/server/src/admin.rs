//! What the operator of a running server asks of it: a socket in the data folder, which only he can reach (A18).
//!
//! Invariant: no verb answers with anything of a user (P03); what there is to be said is of vaults, and in numbers.
use std::sync::Arc;

use link::{Answer, Control};

use crate::node::Node;

/// All verbs, with what each does.
const VERBS: [(&str, &str); 2] = [("verbs", "names all verbs"), ("vaults", "says how the vaults are")];

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
        _ => Err("there is no such verb".to_owned()),
    }
}
