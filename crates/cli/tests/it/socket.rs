//! A TCP stream, or a WebSocket on one, as a byte stream.
use std::io::{Read, Result, Write};
use std::net::TcpStream;

/// The socket of a test's client.
pub(crate) enum Socket {
    Tcp(TcpStream),
    Websocket(TcpStream),
}

impl Socket {
    /// Writes everything; over a WebSocket as one message.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Tcp(stream) => stream.write_all(bytes),
            Self::Websocket(stream) => {
                const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];
                let length = u16::try_from(bytes.len()).expect("a short message");
                let mut frame = vec![0x82, 0x80 | 126];
                frame.extend_from_slice(&length.to_be_bytes());
                frame.extend_from_slice(&MASK);
                frame.extend(bytes.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
                stream.write_all(&frame)
            }
        }
    }

    /// What comes next; over a WebSocket one whole message, which is one transport frame. Empty at the end.
    pub(crate) fn receive(&mut self) -> Result<Vec<u8>> {
        match self {
            Self::Tcp(stream) => {
                let mut buffer = vec![0; 16 * 1024];
                let bytes = stream.read(&mut buffer)?;
                buffer.truncate(bytes);
                Ok(buffer)
            }
            Self::Websocket(stream) => {
                let mut head = [0; 2];
                stream.read_exact(&mut head)?;
                assert_eq!(head[0], 0x82, "whole binary messages only");
                let length = match head[1] {
                    126 => {
                        let mut long = [0; 2];
                        stream.read_exact(&mut long)?;
                        usize::from(u16::from_be_bytes(long))
                    }
                    short @ 0..126 => usize::from(short),
                    _ => panic!("a message of more than 64 KiB"),
                };
                let mut payload = vec![0; length];
                stream.read_exact(&mut payload)?;
                Ok(payload)
            }
        }
    }
}
