//! `heliograph serve`: flags on top of variables on top of a file, then the server.
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use server::config::{ConfigError, Loaded, Sources, load};
use server::{Kept, Ready};

/// All other settings are given with --set, by variables or in the file; docs/config.md lists them.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Show login codes at /dev/inbox/PHONE, to loopback peers, instead of sending them, and keep keys in three vault
    /// folders of this machine unless vaults are named.
    #[arg(long)]
    dev: bool,
    /// Folder of those three vaults; without it the data folder's name with -vaults behind it, beside that folder.
    #[arg(long, value_name = "DIR")]
    dev_vaults: Option<String>,
    /// Run each of those three in a process of its own, as vaults of a network are.
    #[arg(long)]
    dev_processes: bool,
    /// A vault, as `heliograph vault enroll` prints it; once for each.
    #[arg(long = "vault", value_name = "LINE")]
    vaults: Vec<String>,
    /// File with the passphrase of the key for the vaults in its first line; with --production not one on a disk.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<String>,
    /// Whose law the server is under: one word, such as DE.
    #[arg(long, value_name = "WORD")]
    jurisdiction: Option<String>,
    /// Refuse to start unless every vault is on a host and in a jurisdiction of its own, neither of them the server's; if the
    /// passphrase lies on a disk; or if the memory of keys cannot be locked.
    #[arg(long)]
    production: bool,
    /// Folder of all that the server keeps.
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// Address and port of MTProto over TCP; port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// Address and port of HTTP and WebSocket; port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT")]
    http: Option<String>,
    /// Address and port that clients are told to use, when it is not the one listened on.
    #[arg(long, value_name = "ADDR:PORT")]
    advertise: Option<String>,
    /// Number of this data centre, 1 to 5.
    #[arg(long, value_name = "N")]
    dc: Option<String>,
    /// Write this file, as JSON, once everything answers.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<String>,
    /// error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
    /// text or json.
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// Read settings from this TOML file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Any setting, such as --set limits.connections=5000.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// Runs the server; 1 if it could not start.
#[expect(clippy::print_stderr, reason = "the command line talks to its operator")]
pub(crate) fn run(arguments: Arguments) -> ExitCode {
    let loaded = match settings(arguments) {
        Ok(loaded) => loaded,
        Err(error) => {
            eprintln!("heliograph: {error}");
            return ExitCode::FAILURE;
        }
    };
    let (dev, data) = (loaded.settings.dev, loaded.settings.data.clone());
    let announce = |ready: &Ready, kept: Kept| {
        // Nobody reads it when the output is closed, and the server is as good as before.
        let _ = writeln!(std::io::stdout(), "{}", announcement(ready, dev, &data, vaults(kept)));
    };
    match server::serve(loaded, announce) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("heliograph: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Who has the keys, whatever this start was told: the data folder may name vaults that an earlier one was told of.
fn vaults(kept: Kept) -> &'static str {
    match kept {
        Kept::Folders => {
            "three local vault folders, which protect\n               nothing from whoever owns this machine"
        }
        Kept::Processes => {
            "three local vault processes, which protect\n               nothing from whoever owns this machine"
        }
        Kept::Elsewhere { .. } => "the vaults named",
    }
}

/// Where to go, for the person who started the server. The log says none of it.
fn announcement(ready: &Ready, dev: bool, data: &Path, vaults: &str) -> String {
    let Ready { mtproto, http, public_key, dc } = ready;
    let (key, data) = (public_key.display(), data.display());
    let mut text = format!(
        "\nHeliograph answers.\n\
         \x20 clients      {mtproto}, data centre {dc}, public key {key}\n\
         \x20 web page     {http}/ (the web client is not built yet)\n"
    );
    if dev {
        text.push_str(&format!(
            "\x20 login codes  {http}/dev/inbox/NUMBER\n\
             \x20 chats        kept in {data}, sealed; their keys with {vaults}\n"
        ));
    }
    text
}

fn settings(arguments: Arguments) -> Result<Loaded, ConfigError> {
    let mut flags = Vec::new();
    for assignment in arguments.set {
        let (key, value) = assignment.split_once('=').ok_or(ConfigError::UnknownKey(assignment.clone()))?;
        flags.push((key.to_owned(), value.to_owned()));
    }
    let named = [
        ("data", arguments.data),
        ("dev_vaults", arguments.dev_vaults),
        ("listen", arguments.listen),
        ("http", arguments.http),
        ("advertise", arguments.advertise),
        ("dc", arguments.dc),
        ("ready_file", arguments.ready_file),
        ("log.level", arguments.log_level),
        ("log.format", arguments.log_format),
        ("dev", arguments.dev.then(|| "true".to_owned())),
        ("passphrase_file", arguments.passphrase_file),
        ("jurisdiction", arguments.jurisdiction),
        ("production", arguments.production.then(|| "true".to_owned())),
        ("dev_processes", arguments.dev_processes.then(|| "true".to_owned())),
        ("vaults", (!arguments.vaults.is_empty()).then(|| arguments.vaults.join(","))),
    ];
    flags.extend(named.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    load(Sources { file: arguments.config, env: environment(), flags })
}

/// Variables that are not UTF-8 cannot be settings of ours.
fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
