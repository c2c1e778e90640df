//! `heliograph doctor`: connects as a client would and says in one sentence why a client cannot; or examines the folder of a
//! server that is stopped.
mod examine;
mod folder;
mod verdict;
mod wire;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use crypto::rsa::PublicKey;
use ids::limits::{LAYER_CANONICAL, LAYER_MIN};

use self::verdict::Verdict;

/// Without --key only the transports are examined. With --data no server is asked: the folder of one that is stopped is
/// opened, with its vaults, and every account's box held against what it says of itself.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Host and port that clients are given for MTProto.
    #[arg(long, value_name = "HOST:PORT", required_unless_present = "data", conflicts_with = "data")]
    server: Option<String>,
    /// The server's public key, a PKCS#1 PEM, as clients are given it.
    #[arg(long, value_name = "PEM", conflicts_with = "data")]
    key: Option<PathBuf>,
    /// The data centre that clients believe to talk to.
    #[arg(long, value_name = "N", default_value_t = 2, conflicts_with = "data")]
    dc: i16,
    /// The API layer that clients speak.
    #[arg(long, value_name = "N", conflicts_with = "data")]
    layer: Option<u16>,
    /// Data folder of a server that is stopped.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Folder of its vaults, if it was started with this flag.
    #[arg(long, value_name = "DIR", requires = "data")]
    dev_vaults: Option<PathBuf>,
    /// File with the passphrase of the key for its vaults in its first line, if that key lies under one.
    #[arg(long, value_name = "FILE", requires = "data")]
    passphrase_file: Option<PathBuf>,
}

/// Prints the sentence; 0 if all is well.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match (&arguments.data, &arguments.server) {
        (Some(data), _) => examine_folder(data, arguments),
        (None, Some(server)) => examine_server(server, arguments),
        // The command line is read so that one of them is there.
        (None, None) => ExitCode::FAILURE,
    }
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the command line talks to its operator")]
fn examine_folder(data: &Path, arguments: &Arguments) -> ExitCode {
    let Arguments { dev_vaults, passphrase_file, .. } = arguments;
    match server::examine::examine(data, dev_vaults.as_deref(), passphrase_file.as_deref()) {
        Ok(examined) => {
            println!("{}", folder::Findings(examined));
            if examined.is_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("heliograph: {error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the command line talks to its operator")]
fn examine_server(server: &str, arguments: &Arguments) -> ExitCode {
    let key = match arguments.key.as_ref().map(read_key).transpose() {
        Ok(key) => key,
        Err(problem) => {
            eprintln!("heliograph: {problem}");
            return ExitCode::FAILURE;
        }
    };
    let found = examine::examine(server, key, arguments.dc);
    let of_layer = layer(arguments.layer).filter(|_| found.is_well());
    let verdict = of_layer.unwrap_or(found);
    println!("{verdict}");
    if verdict.is_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What is wrong with a client's layer, as this version of the server sees it.
fn layer(of_client: Option<u16>) -> Option<Verdict> {
    match of_client? {
        layer if layer > LAYER_CANONICAL => Some(Verdict::NewerLayer(layer)),
        layer if layer < LAYER_MIN => Some(Verdict::OlderLayer(layer)),
        _ => None,
    }
}

/// The PEM file is not there or holds no key.
#[derive(Debug, thiserror::Error)]
enum KeyProblem {
    #[error("cannot read {0}: {1}")]
    Unreadable(PathBuf, std::io::Error),
    #[error("{0} does not hold the PKCS#1 PEM of a 2048-bit RSA public key")]
    NoKey(PathBuf),
}

fn read_key(path: &PathBuf) -> Result<PublicKey, KeyProblem> {
    let text = std::fs::read_to_string(path).map_err(|error| KeyProblem::Unreadable(path.clone(), error))?;
    PublicKey::from_pem(&text).map_err(|_| KeyProblem::NoKey(path.clone()))
}
