//! The ready file: what scripts wait for. Written by renaming once everything answers, removed at the end, so that
//! a file that is there is true.
//!
//! `{"mtproto": "127.0.0.1:8443", "http": "http://127.0.0.1:8080", "public_key": "/…/server.pem", "dc": 2}`
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::data_dir::{DataDirError, write_whole};

/// Where a server that answers is to be found: what the file says.
#[derive(Serialize)]
pub struct Ready {
    /// Host and port of MTProto over TCP.
    pub mtproto: String,
    /// Base URL of HTTP, without a slash at its end.
    pub http: String,
    /// Path of the PKCS#1 PEM that clients are given.
    pub public_key: PathBuf,
    /// Number of this data centre.
    pub dc: u16,
}

/// The file while it is there.
pub(crate) struct ReadyFile(Option<PathBuf>);

impl Ready {
    pub(crate) fn new(mtproto: SocketAddr, http: SocketAddr, public_key: PathBuf, dc: u16) -> Self {
        Self { mtproto: mtproto.to_string(), http: format!("http://{http}"), public_key, dc }
    }
}

impl ReadyFile {
    /// Removes what an earlier run may have left at `path`: nobody shall take it for this run's.
    pub(crate) fn expect_at(path: Option<&Path>) -> Self {
        if let Some(path) = path {
            let _ = std::fs::remove_file(path);
        }
        Self(path.map(Path::to_owned))
    }

    /// Says that everything answers.
    pub(crate) fn write(&self, ready: &Ready) -> Result<(), DataDirError> {
        let Some(path) = &self.0 else { return Ok(()) };
        // A struct of strings and a number always has a JSON form.
        let mut text = serde_json::to_string(ready).unwrap_or_default();
        text.push('\n');
        write_whole(path, text.as_bytes(), 0o644)
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = std::fs::remove_file(path);
        }
    }
}
