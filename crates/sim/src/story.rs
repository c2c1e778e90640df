//! What happened in a run, in order, as a hash; and as text for whoever wants to read it.
//!
//! Invariant: two runs of one seed tell the same story, so their hashes are equal. Whatever a run decides ends in a line.

use crypto::sha256;

/// The story so far.
pub(crate) struct Story {
    hash: [u8; 32],
    lines: Option<Vec<String>>,
    wrongs: Vec<String>,
    count: u64,
}

impl Story {
    /// One that keeps its lines, or only their hash.
    pub(crate) fn new(keeps: bool) -> Story {
        Story { hash: [0; 32], lines: keeps.then(Vec::new), wrongs: Vec::new(), count: 0 }
    }

    /// Something happened.
    pub(crate) fn tell(&mut self, now_ms: u64, line: &str) {
        self.hash = sha256(&[&self.hash, &now_ms.to_be_bytes(), line.as_bytes()]);
        self.count += 1;
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{:>9}.{:03} {line}", now_ms / 1000, now_ms % 1000));
        }
    }

    /// Something happened that must not.
    pub(crate) fn wrong(&mut self, now_ms: u64, what: &str) {
        self.tell(now_ms, &format!("WRONG: {what}"));
        self.wrongs.push(what.to_owned());
    }

    pub(crate) fn is_wrong(&self) -> bool {
        !self.wrongs.is_empty()
    }

    pub(crate) fn into_parts(self) -> ([u8; 32], Vec<String>, Vec<String>, u64) {
        (self.hash, self.lines.unwrap_or_default(), self.wrongs, self.count)
    }
}
