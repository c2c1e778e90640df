//! `heliograph vault`: what the operator of a vault runs, and what whoever runs a server tells him first.
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use link::Pin;
use server::FolderError;
use vault_node::{ControlError, Event, Head, ServeError, Settings, SetupError};

/// A vault keeps shares of keys for a server and learns nothing of its users. Run it where the server's people are not.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a vault in a folder.
    Init {
        /// Folder of all that the vault keeps.
        #[arg(long, value_name = "DIR", default_value = "vault")]
        folder: PathBuf,
        /// Whose law it is under: one word, such as IS.
        #[arg(long, value_name = "WORD")]
        jurisdiction: String,
        /// Where the server finds it.
        #[arg(long, value_name = "HOST:PORT")]
        address: String,
        /// File with a passphrase in its first line, under which all that the vault has is put. Every start needs it then.
        /// Named several times, each for an operator of his own, every start needs as many of them as --quorum says.
        #[arg(long = "passphrase-file", value_name = "FILE")]
        passphrase_files: Vec<PathBuf>,
        /// How many of the passphrases every start needs; without it all of them.
        #[arg(long, value_name = "COUNT", requires = "passphrase_files")]
        quorum: Option<usize>,
    },
    /// Let a server in, by the key that it shows with `vault invite`, and print the line that it is told in return.
    Enroll {
        /// Folder of all that the vault keeps.
        #[arg(long, value_name = "DIR", default_value = "vault")]
        folder: PathBuf,
        /// The server's key.
        #[arg(value_name = "KEY")]
        server: Pin,
    },
    /// Let a server in no more, by the key with which it was enrolled.
    Dismiss {
        /// Folder of all that the vault keeps.
        #[arg(long, value_name = "DIR", default_value = "vault")]
        folder: PathBuf,
        /// The server's key, as `vault status` shows it.
        #[arg(value_name = "KEY")]
        server: Pin,
    },
    /// Say where the vault is from now on, and print the line that its servers are told.
    Move {
        /// Folder of all that the vault keeps.
        #[arg(long, value_name = "DIR", default_value = "vault")]
        folder: PathBuf,
        /// Where servers find it.
        #[arg(long, value_name = "HOST:PORT")]
        address: String,
    },
    /// Run the vault until SIGTERM or SIGINT.
    Serve {
        /// Folder of all that the vault keeps.
        #[arg(long, value_name = "DIR", default_value = "vault")]
        folder: PathBuf,
        /// Address and port to listen on; port 0 takes a free one.
        #[arg(long, value_name = "ADDR:PORT", default_value = "0.0.0.0:8444")]
        listen: SocketAddr,
        /// File with the vault's passphrase in its first line, if it has one; once for each operator who has to be there.
        #[arg(long = "passphrase-file", value_name = "FILE")]
        passphrase_files: Vec<PathBuf>,
        /// Let this server in and no other, and end with standard input: for servers that start their own vaults.
        #[arg(long, value_name = "KEY", hide = true)]
        child_of: Option<Pin>,
    },
    /// Say how a vault is, running or not, in numbers.
    Status {
        /// Folder of all that the vault keeps.
        #[arg(long, value_name = "DIR", default_value = "vault")]
        folder: PathBuf,
    },
    /// Say how many keys a vault gives in an hour: three for each account that may come back when nothing of it is in memory.
    /// When more are asked for, its breaker opens, and it gives none until you say `vault resume`.
    Budget {
        /// Folder of all that the vault keeps.
        #[arg(long, value_name = "DIR", default_value = "vault")]
        folder: PathBuf,
        /// Keys.
        #[arg(value_name = "N")]
        keys: u32,
    },
    /// Let a vault whose breaker has opened give keys again, a whole budget of them. Ask first whoever runs the server why so
    /// many were asked for.
    Resume {
        /// Folder of all that the vault keeps.
        #[arg(long, value_name = "DIR", default_value = "vault")]
        folder: PathBuf,
    },
    /// Print the audit of a vault: what it did, in numbers, and whether anything was changed in it or is missing. Note its last
    /// line somewhere else: against that it shows whether its end is there.
    Audit {
        /// Folder of all that the vault keeps.
        #[arg(long, value_name = "DIR", default_value = "vault")]
        folder: PathBuf,
        /// What an earlier one had in its last line.
        #[arg(long, value_name = "HEAD")]
        head: Option<Head>,
    },
    /// On the server: print the key by which vaults know it, which their operators enroll. The server must not run meanwhile.
    Invite {
        /// Folder of all that the server keeps.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
        /// File with a passphrase in its first line, under which a key that is made now lies. Without one it lies in clear, which
        /// only development mode allows.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
enum VaultError {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error(transparent)]
    Data(#[from] FolderError),
}

/// Does what was asked; 1 if it could not.
#[expect(clippy::print_stderr, reason = "the command line talks to its operator")]
pub(crate) fn run(arguments: Arguments) -> ExitCode {
    match carry_out(arguments.command) {
        Ok(text) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("heliograph: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What there is to be printed.
fn carry_out(command: Command) -> Result<String, VaultError> {
    Ok(match command {
        Command::Init { folder, jurisdiction, address, passphrase_files, quorum } => {
            let quorum = quorum.unwrap_or(passphrase_files.len());
            vault_node::init(&folder, &jurisdiction, &address, &passphrase_files, quorum)?;
            format!(
                "There is a vault in {}. It lets nobody in until a server is enrolled.\n",
                folder.display()
            )
        }
        Command::Enroll { folder, server } => {
            let line = vault_node::enroll(&folder, server)?;
            format!("The server is let in. It is to be told this line, which is no secret:\n{line}\n")
        }
        Command::Dismiss { folder, server } => {
            vault_node::dismiss(&folder, server)?;
            "The server is let in no more; a vault that runs has to be started again for that.\n".to_owned()
        }
        Command::Move { folder, address } => {
            let line = vault_node::move_to(&folder, &address)?;
            format!("Servers are to be told this line, which is no secret:\n{line}\n")
        }
        Command::Serve { folder, listen, passphrase_files, child_of } => {
            vault_node::serve(&Settings { folder, passphrase_files, listen, child_of }, tell)?;
            String::new()
        }
        Command::Status { folder } => vault_node::status(&folder)?,
        Command::Audit { folder, head } => vault_node::audit(&folder, head)?,
        Command::Budget { folder, keys } => {
            vault_node::allow(&folder, keys)?;
            format!("The vault gives {keys} keys an hour; one that runs has to be started again for that.\n")
        }
        Command::Resume { folder } => {
            vault_node::resume(&folder)?;
            "The vault gives keys again.\n".to_owned()
        }
        Command::Invite { data, passphrase_file } => {
            format!("{}\n", server::pin_of(&data, passphrase_file.as_deref())?)
        }
    })
}

#[expect(clippy::print_stderr, reason = "the command line talks to its operator")]
fn tell(event: Event) {
    match event {
        // A server that has started it reads this.
        Event::Listening(address) => say(&format!("listening {address}\n")),
        Event::NotLocked => eprintln!(
            "heliograph: keys may be written to swap, since there is a limit for locked memory (ulimit -l): raise it to unlimited"
        ),
        Event::NoServers => {
            eprintln!("heliograph: no server is enrolled, so nobody is let in: heliograph vault enroll")
        }
        Event::NoControl(kind) => eprintln!("heliograph: `vault status` will not work while it runs: {kind}"),
        Event::Fault(fault) => eprintln!("heliograph: a request has no answer: {fault}"),
        Event::BreakerOpen => eprintln!(
            "heliograph: more keys were asked for than the budget has; none are given until you say: heliograph vault resume"
        ),
        Event::NoAudit(kind) => {
            eprintln!("heliograph: the audit cannot be written, which is tried again each minute: {kind}")
        }
        Event::AuditBroken(aside) => eprintln!(
            "heliograph: the audit is not as it was written; it lies in {} now, and another one is begun",
            aside.display()
        ),
        Event::Stopped => {}
    }
}

/// Nobody reads it when the output is closed, and what was done is done.
fn say(text: &str) {
    let mut out = std::io::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
