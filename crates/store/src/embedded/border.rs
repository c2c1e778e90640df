//! The border to fjall: its errors become ours, and its panics stop here.
//!
//! fjall and lsm-tree panic on some damaged files and on locks that a panic left behind. What panics answers
//! [`Trouble::Damaged`]; whoever was about to write then refuses all further writes.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::EngineError;

/// Why fjall did not do what it was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trouble {
    /// It gave up writing.
    Poisoned,
    /// Another process has the folder.
    Locked,
    /// The operating system refused something.
    Io(ErrorKind),
    /// Bytes on the disk are not those that were written.
    Damaged,
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        // A file that is missing, ends too soon, says nonsense or sends us before its beginning: that is the file's
        // fault, not the system's.
        let faults =
            [ErrorKind::NotFound, ErrorKind::UnexpectedEof, ErrorKind::InvalidData, ErrorKind::InvalidInput];
        if faults.contains(&error.kind()) { Self::Damaged } else { Self::Io(error.kind()) }
    }
}

impl From<Trouble> for EngineError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Poisoned => Self::Poisoned,
            Trouble::Locked | Trouble::Io(_) => Self::Unavailable,
            Trouble::Damaged => Self::Damaged,
        }
    }
}

/// Calls into fjall.
pub(super) fn guarded<T>(call: impl FnOnce() -> fjall::Result<T>) -> Result<T, Trouble> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(judge(&error)),
        Err(_) => Err(Trouble::Damaged),
    }
}

fn judge(error: &fjall::Error) -> Trouble {
    if matches!(error, fjall::Error::Poisoned) {
        return Trouble::Poisoned;
    }
    if matches!(error, fjall::Error::Locked) {
        return Trouble::Locked;
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return io::Error::from(error.kind()).into();
        }
        cause = error.source();
    }
    Trouble::Damaged
}
