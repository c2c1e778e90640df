//! `heliograph dump` and `heliograph restore`: the rows of a store as one file, sealed as they lie.
use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use server::offline::{self, OfflineError};

/// The server must not run meanwhile. Whoever restores needs the files `local`, `vaults`, `server.key` and, if there is one,
/// `link.key` as well.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder of all that the server keeps.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The dump.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

/// Why there is no dump, or nothing was restored from it.
#[derive(Debug, thiserror::Error)]
enum BackupError {
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    #[error(transparent)]
    Offline(#[from] OfflineError),
}

/// Writes a new file with all rows.
pub(crate) fn dump(arguments: &Arguments) -> ExitCode {
    said("Dumped", write(arguments))
}

/// Fills an empty store from a file.
pub(crate) fn restore(arguments: &Arguments) -> ExitCode {
    said("Restored", read(arguments))
}

fn write(Arguments { data, file: path }: &Arguments) -> Result<u64, BackupError> {
    let failed = |error| BackupError::File(path.clone(), error);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    let mut out = BufWriter::new(&file);
    let dumped = match offline::dump(data, &mut out) {
        Ok(dumped) => dumped,
        Err(error) => {
            // Half a dump is none.
            let _ = std::fs::remove_file(path);
            return Err(error.into());
        }
    };
    out.flush().and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(dumped.rows)
}

fn read(Arguments { data, file }: &Arguments) -> Result<u64, BackupError> {
    let from = File::open(file).map_err(|error| BackupError::File(file.clone(), error))?;
    Ok(offline::restore(data, &mut BufReader::new(from))?.rows)
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the command line talks to its operator")]
fn said(what: &str, done: Result<u64, BackupError>) -> ExitCode {
    match done {
        Ok(rows) => {
            println!("{what} {rows} rows.");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("heliograph: {error}");
            ExitCode::FAILURE
        }
    }
}
