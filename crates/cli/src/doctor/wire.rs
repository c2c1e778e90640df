//! A connection as a client has it, blocking: `doctor` does one thing at a time.
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use client::{Clock, OsRng};
use crypto::rsa::PublicKey;
use mtproto::client::{Conn, Output};
use mtproto::transport::{Kind, Obfuscation};

/// How long to wait for the connection and for each answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// One transport as clients use it.
#[derive(Clone, Copy)]
pub(super) struct Way {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) obfuscated: bool,
}

/// All of them; the one that clients with a data centre in their header use is first.
pub(super) const WAYS: [Way; 7] = [
    Way { name: "obfuscated intermediate", kind: Kind::Intermediate, obfuscated: true },
    Way { name: "abridged", kind: Kind::Abridged, obfuscated: false },
    Way { name: "intermediate", kind: Kind::Intermediate, obfuscated: false },
    Way { name: "padded intermediate", kind: Kind::Padded, obfuscated: false },
    Way { name: "full", kind: Kind::Full, obfuscated: false },
    Way { name: "obfuscated abridged", kind: Kind::Abridged, obfuscated: true },
    Way { name: "obfuscated padded intermediate", kind: Kind::Padded, obfuscated: true },
];

/// A connection.
pub(super) struct Wire {
    stream: TcpStream,
    pub(super) conn: Conn,
    pub(super) clock: Clock,
}

/// Nothing more comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// The peer closed.
    Closed,
    /// The peer waits, as we do.
    Late,
}

impl Wire {
    pub(super) fn open(
        address: SocketAddr,
        way: Way,
        dc: i16,
        trusted: Arc<[PublicKey]>,
        clock: Clock,
    ) -> std::io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let obfuscation = way.obfuscated.then_some(Obfuscation { secret: None, dc });
        // Only full framing cannot be obfuscated, and WAYS does not ask for that.
        let conn =
            Conn::new(way.kind, obfuscation, trusted, &mut OsRng).map_err(|_| ErrorKind::Unsupported)?;
        Ok(Self { stream, conn, clock })
    }

    /// The next thing the server says.
    pub(super) fn next(&mut self) -> Result<Output, Silence> {
        let mut buffer = [0; 16 * 1024];
        loop {
            while let Some(output) = self.conn.poll_output() {
                let Output::Transmit(bytes) = output else { return Ok(output) };
                self.stream.write_all(&bytes).map_err(|_| Silence::Closed)?;
            }
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(Silence::Closed),
                Ok(bytes) => self.conn.handle_input(&buffer[..bytes], self.clock.now(), &mut OsRng),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Err(Silence::Late);
                }
                Err(_) => return Err(Silence::Closed),
            }
        }
    }
}
