//! The client's half of a WebSocket (RFC 6455): the upgrade, and a byte filter, since message borders mean nothing.
//!
//! Written apart from the server's half: two that share their framing would also share its mistakes, and not notice.
use crypto::{Rng, base64};

use crate::entropy::OsRng;

/// Appended to the key before hashing (RFC 6455, 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// Bytes of the longest header a server sends: 2 and an 8-byte length, no mask.
const HEADER_BYTES_MAX: usize = 10;
/// Payload bytes of a control frame (RFC 6455, 5.5).
const CONTROL_BYTES_MAX: u64 = 125;
/// Bytes of an answer to the upgrade.
const ANSWER_BYTES_MAX: usize = 8 << 10;

const FINAL: u8 = 0x80;
const OP_CONTINUATION: u8 = 0;
const OP_BINARY: u8 = 2;
const OP_CLOSE: u8 = 8;
const OP_PING: u8 = 9;
const OP_PONG: u8 = 10;

/// The stream is over: the server closed it, or broke the protocol.
pub(crate) struct Ended;

/// An upgrade that was asked for.
pub(crate) struct Upgrade {
    expected: String,
    answer: Vec<u8>,
}

impl Upgrade {
    /// The request, and what waits for its answer.
    pub(crate) fn ask(host: std::net::SocketAddr) -> (Self, String) {
        let mut nonce = [0; 16];
        OsRng.fill(&mut nonce);
        let key = base64::encode(&nonce).to_string();
        let request = format!(
            "GET /apiws HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: binary\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        );
        let expected = base64::encode(&crypto::sha1(&[key.as_bytes(), GUID])).to_string();
        (Self { expected, answer: Vec::new() }, request)
    }

    /// Takes bytes of the answer. Once it is complete and agrees: what came behind it.
    pub(crate) fn take(&mut self, input: &[u8]) -> Result<Option<Vec<u8>>, Ended> {
        self.answer.extend_from_slice(input);
        let Some(end) = self.answer.windows(4).position(|four| four == b"\r\n\r\n") else {
            return if self.answer.len() > ANSWER_BYTES_MAX { Err(Ended) } else { Ok(None) };
        };
        let rest = self.answer.split_off(end + 4);
        let answer = str::from_utf8(&self.answer).map_err(|_| Ended)?;
        let proof = answer.lines().skip(1).find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("sec-websocket-accept").then(|| value.trim())
        });
        let agreed = answer.starts_with("HTTP/1.1 101 ") && proof == Some(self.expected.as_str());
        if agreed { Ok(Some(rest)) } else { Err(Ended) }
    }
}

/// The receiving side.
#[derive(Default)]
pub(crate) struct WebSocket {
    header: Vec<u8>,
    op: u8,
    /// Payload bytes of the current frame still to come.
    left: u64,
    control: Vec<u8>,
}

impl WebSocket {
    /// Takes what the socket gave: payload goes to `payload`, answers (pongs, the close) to `replies`.
    pub(crate) fn receive(
        &mut self,
        mut input: &[u8],
        replies: &mut Vec<u8>,
        payload: &mut Vec<u8>,
    ) -> Result<(), Ended> {
        while let [first, rest @ ..] = input {
            if self.left > 0 {
                let take = usize::try_from(self.left).unwrap_or(usize::MAX).min(input.len());
                let (part, rest) = input.split_at(take);
                input = rest;
                self.left -= part.len() as u64;
                let control = self.op >= OP_CLOSE;
                if control { &mut self.control } else { &mut *payload }.extend_from_slice(part);
            } else {
                self.header.push(*first);
                input = rest;
                if !self.begin()? {
                    continue;
                }
            }
            if self.left == 0 {
                self.finish(replies)?;
            }
        }
        Ok(())
    }

    /// Reads the header as soon as it is complete.
    fn begin(&mut self) -> Result<bool, Ended> {
        let [first, second, length @ ..] = self.header.as_slice() else { return Ok(false) };
        // No extension was agreed, and servers do not mask.
        if first & 0x70 != 0 || second & 0x80 != 0 {
            return Err(Ended);
        }
        let length_bytes = match second {
            126 => 2,
            127 => HEADER_BYTES_MAX - 2,
            _ => 0,
        };
        if length.len() < length_bytes {
            return Ok(false);
        }
        self.op = first & 0x0f;
        self.left = match length_bytes {
            0 => u64::from(*second),
            _ => length.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        };
        self.header.clear();
        match self.op {
            OP_CONTINUATION | OP_BINARY => Ok(true),
            OP_CLOSE | OP_PING | OP_PONG if self.left <= CONTROL_BYTES_MAX => Ok(true),
            _ => Err(Ended),
        }
    }

    fn finish(&mut self, replies: &mut Vec<u8>) -> Result<(), Ended> {
        let control = std::mem::take(&mut self.control);
        match self.op {
            OP_PING => {
                frame(OP_PONG, &control, replies);
                Ok(())
            }
            OP_CLOSE => Err(Ended),
            _ => Ok(()),
        }
    }
}

/// Appends `payload` as one masked binary message.
pub(crate) fn message(payload: &[u8], out: &mut Vec<u8>) {
    frame(OP_BINARY, payload, out);
}

fn frame(op: u8, payload: &[u8], out: &mut Vec<u8>) {
    out.push(FINAL | op);
    match payload.len() {
        length @ 0..126 => out.push(0x80 | length as u8),
        length @ 126..0x1_0000 => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    let mut mask = [0; 4];
    OsRng.fill(&mut mask);
    out.extend_from_slice(&mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_6455_section_1_3_agrees() {
        let expected = base64::encode(&crypto::sha1(&[b"dGhlIHNhbXBsZSBub25jZQ==", GUID])).to_string();
        assert_eq!(expected, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        let mut upgrade = Upgrade { expected, answer: Vec::new() };
        let answer = b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nmore";
        assert!(upgrade.take(&answer[..40]).is_ok_and(|rest| rest.is_none()));
        assert!(upgrade.take(&answer[40..]).is_ok_and(|rest| rest.as_deref() == Some(b"more")));
    }

    #[test]
    fn messages_become_one_stream_and_pings_are_answered() {
        let mut bytes = vec![0x82, 5, b'h', b'e', b'l', b'l', b'o', 0x89, 2, b'm', b'e', 0x82, 126, 1, 0];
        bytes.extend([7; 256]);
        let wanted: Vec<u8> = b"hello".iter().copied().chain([7; 256]).collect();
        for piece in [1, 3, 1000] {
            let (mut socket, mut replies, mut payload) = (WebSocket::default(), Vec::new(), Vec::new());
            for part in bytes.chunks(piece) {
                assert!(socket.receive(part, &mut replies, &mut payload).is_ok());
            }
            assert!(payload == wanted);
            assert_eq!(replies[..2], [0x8a, 0x82]);
        }
        assert!(WebSocket::default().receive(&[0x88, 0], &mut Vec::new(), &mut Vec::new()).is_err());
    }
}
