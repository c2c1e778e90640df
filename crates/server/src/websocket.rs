//! The frames of a WebSocket, server side, as a byte filter without buffers (RFC 6455, section 5).
//!
//! MTProto sees one byte stream, message borders mean nothing, so payload bytes are unmasked in place and handed on
//! as they come; only frame headers and control frames (125 bytes at most) are ever kept. Text is refused. Written
//! here because an idle connection must cost nothing: a general library keeps a buffer for each.

/// Bytes of the longest header a client sends: 2, an 8-byte length, a 4-byte mask.
const HEADER_BYTES_MAX: usize = 14;
/// Payload bytes of a control frame (RFC 6455, 5.5).
const CONTROL_BYTES_MAX: usize = 125;

const OP_CONTINUATION: u8 = 0;
const OP_BINARY: u8 = 2;
const OP_CLOSE: u8 = 8;
const OP_PING: u8 = 9;
const OP_PONG: u8 = 10;
const FINAL: u8 = 0x80;

/// The frame with which a server closes; the code is always 1000 (docs: transports, WebSocket).
pub(crate) const CLOSE_FRAME: [u8; 4] = [FINAL | OP_CLOSE, 2, 0x03, 0xe8];

/// The stream is over: the peer closed it or broke the protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Ended;

/// The receiving side of one connection.
#[derive(Default)]
pub(crate) struct Websocket {
    state: State,
    /// A message was begun and its last frame is still to come.
    fragmented: bool,
    control: Vec<u8>,
}

enum State {
    Header { bytes: [u8; HEADER_BYTES_MAX], have: usize },
    Payload(Payload),
}

struct Payload {
    op: u8,
    left: u64,
    mask: [u8; 4],
    /// Which mask byte is due.
    at: usize,
}

impl Default for State {
    fn default() -> Self {
        Self::Header { bytes: [0; HEADER_BYTES_MAX], have: 0 }
    }
}

impl Websocket {
    /// Takes what the socket gave; hands payload on and appends answers (pongs, the close) to `replies`.
    pub(crate) fn receive(
        &mut self,
        mut input: &mut [u8],
        replies: &mut Vec<u8>,
        payload: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Ended> {
        while !input.is_empty() {
            match &mut self.state {
                State::Header { bytes, have } => {
                    bytes[*have] = input[0];
                    *have += 1;
                    input = &mut input[1..];
                    if let Some(frame) = parse(&bytes[..*have], &mut self.fragmented)? {
                        self.state = State::Payload(frame);
                    }
                }
                State::Payload(frame) => {
                    let take = usize::try_from(frame.left).unwrap_or(usize::MAX).min(input.len());
                    let (part, rest) = input.split_at_mut(take);
                    input = rest;
                    frame.unmask(part);
                    match frame.op {
                        OP_BINARY | OP_CONTINUATION => payload(part),
                        _ => self.control.extend_from_slice(part),
                    }
                }
            }
            self.finish(replies)?;
        }
        Ok(())
    }

    /// Ends the current frame if all of it is here.
    fn finish(&mut self, replies: &mut Vec<u8>) -> Result<(), Ended> {
        let State::Payload(Payload { op, left: 0, .. }) = self.state else { return Ok(()) };
        self.state = State::default();
        let control = std::mem::take(&mut self.control);
        match op {
            OP_PING => {
                // At most 125 bytes, which `parse` has seen to.
                replies.extend_from_slice(&[FINAL | OP_PONG, control.len() as u8]);
                replies.extend_from_slice(&control);
                Ok(())
            }
            OP_CLOSE => {
                replies.extend_from_slice(&CLOSE_FRAME);
                Err(Ended)
            }
            _ => Ok(()),
        }
    }
}

impl Payload {
    fn unmask(&mut self, part: &mut [u8]) {
        for (index, byte) in part.iter_mut().enumerate() {
            *byte ^= self.mask[(self.at + index) % 4];
        }
        self.at = (self.at + part.len()) % 4;
        self.left -= part.len() as u64;
    }
}

/// Reads a header as soon as it is complete.
fn parse(bytes: &[u8], fragmented: &mut bool) -> Result<Option<Payload>, Ended> {
    let &[first, second, ref rest @ ..] = bytes else { return Ok(None) };
    let (last, op) = (first & FINAL != 0, first & 0x0f);
    // Reserved bits belong to extensions, of which none was agreed; clients must mask.
    if first & 0x70 != 0 || second & 0x80 == 0 {
        return Err(Ended);
    }
    let length_bytes = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    if rest.len() < length_bytes + 4 {
        return Ok(None);
    }
    let (length, mask) = rest.split_at(length_bytes);
    let left = match length_bytes {
        0 => u64::from(second & 0x7f),
        _ => length.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
    };
    let control = op >= OP_CLOSE;
    let legal = match op {
        OP_BINARY => !*fragmented,
        OP_CONTINUATION => *fragmented,
        OP_CLOSE | OP_PING | OP_PONG => last && left <= CONTROL_BYTES_MAX as u64,
        _ => false,
    };
    if !legal || left >> 63 != 0 {
        return Err(Ended);
    }
    if !control {
        *fragmented = !last;
    }
    let mask = [mask[0], mask[1], mask[2], mask[3]];
    Ok(Some(Payload { op, left, mask, at: 0 }))
}

/// The header of a binary message of `length` bytes in one frame.
pub(crate) fn header(length: usize, out: &mut Vec<u8>) {
    out.push(FINAL | OP_BINARY);
    match length {
        0..126 => out.push(length as u8),
        126..0x1_0000 => {
            out.push(126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        header(payload.len(), &mut bytes);
        bytes[0] = first;
        bytes[1] |= 0x80;
        let mask = [0x11, 0x22, 0x33, 0x44];
        bytes.extend_from_slice(&mask);
        bytes.extend(payload.iter().enumerate().map(|(index, byte)| byte ^ mask[index % 4]));
        bytes
    }

    /// Feeds `bytes` in pieces of `piece` bytes; what came through, what was replied, whether it ended.
    fn run(bytes: &[u8], piece: usize) -> (Vec<u8>, Vec<u8>, bool) {
        let (mut websocket, mut got, mut replies) = (Websocket::default(), Vec::new(), Vec::new());
        for part in bytes.to_vec().chunks_mut(piece) {
            if websocket.receive(part, &mut replies, &mut |bytes| got.extend_from_slice(bytes)).is_err() {
                return (got, replies, true);
            }
        }
        (got, replies, false)
    }

    #[test]
    fn one_stream_whatever_the_borders() {
        let payload: Vec<u8> = (0..70_000_u32).map(|n| n as u8).collect();
        let mut bytes = frame(0x02, &payload[..100]);
        bytes.extend(frame(0x89, b"are you there"));
        bytes.extend(frame(0x00, &payload[100..300]));
        bytes.extend(frame(0x80, &payload[300..]));
        bytes.extend(frame(0x82, b""));
        bytes.extend(frame(0x8a, b"pong"));
        for piece in [1, 7, 4096, usize::MAX >> 1] {
            let (got, replies, ended) = run(&bytes, piece);
            assert!(got == payload && !ended);
            assert_eq!(replies, [b"\x8a\x0d".as_slice(), b"are you there"].concat());
        }
    }

    #[test]
    fn a_close_is_answered() {
        assert_eq!(run(&frame(0x88, b""), 1), (vec![], CLOSE_FRAME.to_vec(), true));
    }

    #[test]
    fn broken_frames_end_the_stream() {
        let unmasked = vec![0x82, 0x01, 0x00];
        let fragmented_ping = frame(0x09, b"x");
        let long_ping = frame(0x89, &[0; 126]);
        let text = frame(0x81, b"text");
        let reserved = frame(0xc2, b"x");
        let unknown = frame(0x83, b"x");
        let stray_continuation = frame(0x80, b"x");
        let nested = [frame(0x02, b"x"), frame(0x82, b"y")].concat();
        for bytes in
            [unmasked, fragmented_ping, long_ping, text, reserved, unknown, stray_continuation, nested]
        {
            assert!(run(&bytes, 1).2, "{bytes:x?}");
        }
        let mut endless = frame(0x82, &[0; 70_000]);
        endless[2] = 0x80;
        assert!(run(&endless, 1).2);
    }
}
