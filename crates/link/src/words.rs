//! The passphrase of an operator, from wherever he keeps it.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use zeroize::Zeroizing;

/// Bytes of the file that are looked at.
const BYTES_MAX: usize = 4096;

/// The passphrase in the first line of a file, which may be a pipe or a terminal.
///
/// # Errors
///
/// What the file says; that it ends too early, if the line is empty.
pub fn passphrase_in(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(Vec::with_capacity(BYTES_MAX));
    let mut file = File::open(path)?.take(BYTES_MAX as u64);
    let mut byte = Zeroizing::new([0]);
    // One after the other: a terminal goes on after the line.
    while file.read(byte.as_mut_slice())? == 1 && *byte != [b'\n'] {
        line.extend_from_slice(byte.as_slice());
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    if line.is_empty() { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(line) }
}
