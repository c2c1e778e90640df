//! The four framings as functions over bytes; obfuscation and buffering are somebody else's.
//!
//! Abridged and intermediate mark a wanted quick ack in the top bit of the length; in the other direction the
//! same bit says that the four bytes *are* a quick ack. Full framing counts frames and sums bytes instead.
//! Source: docs, mtproto/mtproto-transports.

use super::{Kind, TransportError};

/// Payload length in words from which abridged framing uses its long form.
const ABRIDGED_LONG_WORDS: u32 = 0x7f;
/// Full framing: length and sequence number in front, checksum behind.
const FULL_HEADER_BYTES: usize = 8;
const FULL_TRAILER_BYTES: usize = 4;
/// auth_key_id and msg_key, in front of a ciphertext whose length is a multiple of 16.
const ENCRYPTED_HEADER_BYTES: usize = 24;
/// A padded payload below this is a transport error: four bytes and padding.
const PADDED_MESSAGE_BYTES_MIN: usize = 16;

impl Kind {
    /// The four bytes that name the framing in an obfuscated header.
    pub(super) fn tag(self) -> Option<[u8; 4]> {
        match self {
            Kind::Abridged => Some([0xef; 4]),
            Kind::Intermediate => Some([0xee; 4]),
            Kind::Padded => Some([0xdd; 4]),
            Kind::Full => None,
        }
    }

    pub(super) fn of_tag(tag: [u8; 4]) -> Option<Self> {
        [Kind::Abridged, Kind::Intermediate, Kind::Padded].into_iter().find(|kind| kind.tag() == Some(tag))
    }

    /// What a client sends first when it does not obfuscate.
    pub(super) fn opening(self, tag: Option<[u8; 4]>) -> Vec<u8> {
        match (self, tag) {
            (Kind::Abridged, Some([first, ..])) => vec![first],
            (_, Some(tag)) => tag.to_vec(),
            (_, None) => Vec::new(),
        }
    }
}

/// Measures of one frame.
#[derive(Clone, Copy)]
pub(super) struct Header {
    pub(super) header_bytes: usize,
    pub(super) payload_bytes: usize,
    pub(super) trailer_bytes: usize,
    /// The top bit of the length.
    pub(super) marked: bool,
}

impl Header {
    pub(super) fn frame_bytes(self) -> usize {
        self.header_bytes + self.payload_bytes + self.trailer_bytes
    }
}

/// A framing and, for the full one, its two counters.
#[derive(Clone, Copy)]
pub(super) enum Framing {
    Abridged,
    Intermediate,
    Padded,
    Full { received: u32, sent: u32 },
}

impl Framing {
    pub(super) fn new(kind: Kind) -> Self {
        match kind {
            Kind::Abridged => Self::Abridged,
            Kind::Intermediate => Self::Intermediate,
            Kind::Padded => Self::Padded,
            Kind::Full => Self::Full { received: 0, sent: 0 },
        }
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Abridged => Kind::Abridged,
            Self::Intermediate => Kind::Intermediate,
            Self::Padded => Kind::Padded,
            Self::Full { .. } => Kind::Full,
        }
    }

    /// Reads the header at the front of `bytes`; `None` while it is incomplete.
    pub(super) fn header(self, bytes: &[u8]) -> Result<Option<Header>, TransportError> {
        let header = match (self, bytes) {
            (Self::Abridged, [first, rest @ ..]) => {
                let marked = first & 0x80 != 0;
                match (u32::from(first & 0x7f), rest) {
                    (ABRIDGED_LONG_WORDS, [a, b, c, ..]) => {
                        let words = u32::from_le_bytes([*a, *b, *c, 0]);
                        Header {
                            header_bytes: 4,
                            payload_bytes: bytes_of(words * 4),
                            trailer_bytes: 0,
                            marked,
                        }
                    }
                    (ABRIDGED_LONG_WORDS, _) => return Ok(None),
                    (words, _) => Header {
                        header_bytes: 1,
                        payload_bytes: bytes_of(words * 4),
                        trailer_bytes: 0,
                        marked,
                    },
                }
            }
            (Self::Intermediate | Self::Padded, [a, b, c, d, ..]) => {
                let len = u32::from_le_bytes([*a, *b, *c, *d]);
                let (payload_bytes, marked) = (bytes_of(len & !TOP_BIT), len & TOP_BIT != 0);
                Header { header_bytes: 4, payload_bytes, trailer_bytes: 0, marked }
            }
            (Self::Full { received, .. }, [a, b, c, d, e, f, g, h, ..]) => {
                if u32::from_le_bytes([*e, *f, *g, *h]) != received {
                    return Err(TransportError::Sequence);
                }
                let payload_bytes = bytes_of(u32::from_le_bytes([*a, *b, *c, *d]))
                    .checked_sub(FULL_HEADER_BYTES + FULL_TRAILER_BYTES)
                    .ok_or(TransportError::Length)?;
                let (header_bytes, trailer_bytes) = (FULL_HEADER_BYTES, FULL_TRAILER_BYTES);
                Header { header_bytes, payload_bytes, trailer_bytes, marked: false }
            }
            (Self::Abridged | Self::Intermediate | Self::Padded | Self::Full { .. }, _) => return Ok(None),
        };
        if header.payload_bytes < 4 { Err(TransportError::Length) } else { Ok(Some(header)) }
    }

    /// Checks a complete frame and counts it.
    pub(super) fn accept(&mut self, frame: &[u8]) -> Result<(), TransportError> {
        let Self::Full { received, .. } = self else { return Ok(()) };
        let Some((summed, checksum)) = frame.split_last_chunk::<4>() else {
            return Err(TransportError::Length);
        };
        if crc32fast::hash(summed) != u32::from_le_bytes(*checksum) {
            return Err(TransportError::Checksum);
        }
        *received = received.wrapping_add(1);
        Ok(())
    }

    /// Whether a server's stream goes on with a quick ack; its first byte or its fourth tells.
    pub(super) fn begins_quick_ack(self, bytes: &[u8]) -> bool {
        match (self, bytes) {
            (Self::Abridged, [mark, ..]) | (Self::Intermediate | Self::Padded, [_, _, _, mark, ..]) => {
                mark & 0x80 != 0
            }
            (Self::Abridged | Self::Intermediate | Self::Padded | Self::Full { .. }, _) => false,
        }
    }

    pub(super) fn quick_ack_token(self, four: [u8; 4]) -> u32 {
        if self.kind() == Kind::Abridged { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
    }

    pub(super) fn write_quick_ack(self, token: u32, out: &mut Vec<u8>) {
        let token = token | TOP_BIT;
        match self {
            Self::Abridged => out.extend_from_slice(&token.to_be_bytes()),
            Self::Intermediate | Self::Padded => out.extend_from_slice(&token.to_le_bytes()),
            // Nobody can have asked: the full framing has no bit for it.
            Self::Full { .. } => {}
        }
    }

    /// Appends one frame. Abridged framing counts words: a payload of odd length would be filled up with zeros.
    pub(super) fn write(&mut self, payload: &[u8], marked: bool, padding: &[u8], out: &mut Vec<u8>) {
        let mark = if marked { TOP_BIT } else { 0 };
        let start = out.len();
        out.reserve(payload.len() + 16 + padding.len());
        match self {
            Self::Abridged => {
                let words = count_of(payload.len().div_ceil(4));
                let [a, b, c, _] = words.to_le_bytes();
                let [mark, ..] = mark.to_be_bytes();
                if words < ABRIDGED_LONG_WORDS {
                    out.push(mark | a);
                } else {
                    out.extend_from_slice(&[mark | 0x7f, a, b, c]);
                }
                out.extend_from_slice(payload);
                out.resize(out.len() + payload.len().next_multiple_of(4) - payload.len(), 0);
            }
            Self::Intermediate | Self::Padded => {
                let len = count_of(payload.len() + padding.len()) | mark;
                out.extend_from_slice(&len.to_le_bytes());
                out.extend_from_slice(payload);
                out.extend_from_slice(padding);
            }
            Self::Full { sent, .. } => {
                let len = count_of(payload.len() + FULL_HEADER_BYTES + FULL_TRAILER_BYTES);
                out.extend_from_slice(&len.to_le_bytes());
                out.extend_from_slice(&sent.to_le_bytes());
                out.extend_from_slice(payload);
                let checksum = crc32fast::hash(out.get(start..).unwrap_or_default());
                out.extend_from_slice(&checksum.to_le_bytes());
                *sent = sent.wrapping_add(1);
            }
        }
    }
}

const TOP_BIT: u32 = 1 << 31;

/// Cuts the transport's padding off a payload that says itself how long it is.
///
/// An encrypted message is 24 bytes and a multiple of 16; a transport error is four bytes. A plain message keeps
/// its tail, its own length field is exact (`plain`).
pub(super) fn cut_padding(payload: &mut Vec<u8>) {
    let len = payload.len();
    if len < PADDED_MESSAGE_BYTES_MIN {
        payload.truncate(4);
    } else if len >= ENCRYPTED_HEADER_BYTES && payload.first_chunk::<8>() != Some(&[0; 8]) {
        payload.truncate(ENCRYPTED_HEADER_BYTES + ((len - ENCRYPTED_HEADER_BYTES) & !15));
    }
}

fn bytes_of(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// Payloads are far below 4 GiB; a longer one would announce a length that every peer refuses.
fn count_of(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX >> 1)
}
