//! F4: what a stream says must not depend on how it is cut, and nothing may be kept but bytes that came (A7).
//!
//! Each stream is read twice, whole and in pieces; both readers must hear the same. Between a client and a server of
//! ours everything arrives as it was sent. Source: docs, mtproto/mtproto-transports; RFC 6455.

use crypto::Ctr;
use mtproto::transport::{
    Frame, Incoming, Kind, ObfuscatedHeader, Obfuscation, Secret, Transport, TransportError,
};

use crate::websocket::{self, Websocket};
use crate::{Input, Seeded};

const SECRET: [u8; 16] = *b"fuzz-fuzz-secret";
const KINDS: [Kind; 4] = [Kind::Abridged, Kind::Intermediate, Kind::Padded, Kind::Full];
/// What an open transport owns besides its unread bytes: two key streams.
const OPEN_BYTES_MAX: usize = 512;

/// All that came out of a stream.
#[derive(PartialEq, Eq, Default)]
struct Heard {
    frames: Vec<(Vec<u8>, bool)>,
    kind: Option<Kind>,
    header: Option<ObfuscatedHeader>,
    end: Option<TransportError>,
}

/// Cuts `stream`: each byte of `cuts` is the length of a piece, the rest is one piece.
fn pieces<'a>(stream: &'a [u8], cuts: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = Input::new(stream);
    let cut = cuts.iter().map(|length| usize::from(*length)).chain([usize::MAX]);
    cut.map(move |length| rest.take(length)).filter(|piece| !piece.is_empty())
}

/// What a reader at the server hears.
fn hear(mut transport: Transport, stream: &[u8], cuts: &[u8]) -> Heard {
    let mut heard = Heard::default();
    let mut came = 0;
    for piece in pieces(stream, cuts) {
        came += piece.len();
        let done = transport.receive(piece).and_then(|()| take_frames(&mut transport, &mut heard));
        assert!(transport.unread_bytes() <= came);
        assert!(transport.heap_bytes() <= 2 * came + OPEN_BYTES_MAX, "memory for what did not come");
        if let Err(error) = done {
            heard.end = Some(error);
            assert_eq!(transport.receive(piece), Err(error), "an error is final");
            assert_eq!(transport.head(), Err(error), "an error is final");
            if error == TransportError::Http {
                assert!(transport.into_unread() == stream[..came], "HTTP gets all that was said");
            }
            return heard;
        }
        if transport.unread_bytes() == 0 {
            assert!(transport.heap_bytes() <= OPEN_BYTES_MAX, "an idle transport keeps a buffer");
        }
        (heard.kind, heard.header) = (transport.kind(), transport.obfuscated_header());
    }
    heard
}

fn take_frames(transport: &mut Transport, heard: &mut Heard) -> Result<(), TransportError> {
    while let Some(head) = transport.head()? {
        assert!(head.len <= ids::limits::FRAME_BYTES_MAX);
        let Some(Frame { payload, quick_ack }) = transport.frame()? else { break };
        assert!((4..=head.len).contains(&payload.len()));
        let shown = payload.len().min(8);
        assert_eq!(payload[..shown], head.first8[..shown], "the head showed other bytes");
        heard.frames.push((payload, quick_ack));
    }
    Ok(())
}

fn agree(server: impl Fn() -> Transport, stream: &[u8], cuts: &[u8]) -> Heard {
    let whole = hear(server(), stream, &[]);
    let mut cut = hear(server(), stream, cuts);
    if whole.end.is_some() {
        // What is known of a stream before its end depends on where the pieces end.
        (cut.kind, cut.header) = (whole.kind, whole.header);
    }
    assert!(whole == cut, "what is heard depends on the cuts");
    whole
}

/// A server of one of six sorts; whether it takes obfuscated streams only, and the secret to obfuscate with.
fn server(sort: u8) -> (impl Fn() -> Transport, bool, Option<[u8; 16]>) {
    let (websocket, required) = (sort & 1 != 0, sort & 4 != 0);
    let secret = (sort & 2 != 0).then_some(Secret { key: SECRET, required });
    let obfuscated_only = websocket || secret.as_ref().is_some_and(|secret| secret.required);
    let key = secret.as_ref().map(|secret| secret.key);
    let make = move || {
        if websocket {
            Transport::server_websocket(secret.clone())
        } else {
            Transport::server(secret.clone())
        }
    };
    (make, obfuscated_only, key)
}

/// Anything.
pub fn to_server(input: &mut Input<'_>) {
    let (make, _, _) = server(input.byte());
    let cuts = input.piece();
    agree(make, input.rest(), cuts);
}

/// Anything behind a valid obfuscated header.
pub fn to_server_obfuscated(input: &mut Input<'_>) {
    let (make, obfuscated_only, secret) = server(input.byte());
    let kind = KINDS[usize::from(input.below(3))];
    let dc = input.u16().cast_signed();
    let cuts = input.piece();
    let mut header: [u8; 64] = input.array();
    let tag = match kind {
        Kind::Abridged => 0xef,
        Kind::Intermediate => 0xee,
        Kind::Padded | Kind::Full => 0xdd,
    };
    header[56..60].fill(tag);
    header[60..62].copy_from_slice(&dc.to_le_bytes());
    let mut stream = [&header, input.rest()].concat();
    let mut key: [u8; 32] = header[8..40].try_into().expect("32 bytes");
    if let Some(secret) = secret {
        key = crypto::sha256(&[&key, &secret]);
    }
    Ctr::new(&key, header[40..56].try_into().expect("16 bytes")).apply(&mut stream);
    stream[..56].copy_from_slice(&header[..56]);
    let heard = agree(make, &stream, cuts);
    // Elsewhere the first bytes may say that the stream is a plain one.
    if obfuscated_only && heard.end.is_none() {
        assert_eq!((heard.kind, heard.header.map(|header| header.dc)), (Some(kind), Some(dc)));
    }
}

/// Anything a server might say.
pub fn to_client(input: &mut Input<'_>) {
    let kind = KINDS[usize::from(input.below(4))];
    let cuts = input.piece();
    let stream = input.rest();
    let hear = |cuts: &[u8]| {
        let client = Transport::client(kind, None, &mut Seeded::new(1));
        let Ok((mut transport, _)) = client else { unreachable!("every framing goes without obfuscation") };
        let (mut payloads, mut tokens, mut end) = (Vec::new(), Vec::new(), None);
        for piece in pieces(stream, cuts) {
            let done = transport.receive(piece).and_then(|()| {
                while let Some(incoming) = transport.incoming()? {
                    match incoming {
                        Incoming::Payload(payload) => payloads.push(payload),
                        Incoming::QuickAck(token) => tokens.push(token),
                    }
                }
                Ok(())
            });
            assert!(transport.heap_bytes() <= 2 * stream.len() + OPEN_BYTES_MAX);
            if let Err(error) = done {
                end = Some(error);
                break;
            }
        }
        (payloads, tokens, end)
    };
    assert!(hear(&[]) == hear(cuts), "what is heard depends on the cuts");
}

/// One direction between two of ours: what was sent, and the bytes on their way.
#[derive(Default)]
struct Link {
    sent: Vec<(Vec<u8>, bool)>,
    wire: Vec<u8>,
}

/// Payloads both ways between a client and a server of ours.
pub fn both_ways(input: &mut Input<'_>) {
    let kind = KINDS[usize::from(input.below(4))];
    let (make, obfuscated_only, secret) = server(input.byte());
    let obfuscation = (obfuscated_only || input.byte() & 1 != 0).then_some(Obfuscation { secret, dc: 2 });
    let mut rng = Seeded::new(input.u64());
    let Ok((mut client, opening)) = Transport::client(kind, obfuscation, &mut rng) else { return };
    let (mut up, mut down) = (Link { wire: opening, ..Link::default() }, Link::default());
    let (mut server, mut heard, mut answers) = (make(), Heard::default(), Vec::new());
    while !input.is_over() {
        match input.below(5) {
            0 => {
                let payload = words(input);
                let ask = kind != Kind::Full && input.byte() & 1 != 0;
                if ask {
                    client.send_asking_quick_ack(&payload, &mut rng, &mut up.wire);
                } else {
                    client.send(&payload, &mut rng, &mut up.wire);
                }
                up.sent.push((payload, ask));
            }
            1 if server.kind().is_some() => {
                let payload = words(input);
                server.send(&payload, &mut rng, &mut down.wire);
                down.sent.push((payload, false));
            }
            2 if server.kind().is_some() && kind != Kind::Full => {
                let token = u32::from(input.u16()) | 1 << 31;
                server.send_quick_ack(token, &mut down.wire);
                down.sent.push((token.to_le_bytes().to_vec(), true));
            }
            3 => {
                let piece = up.wire.drain(..usize::from(input.byte()).min(up.wire.len()));
                let received = server.receive(piece.as_slice());
                received.and_then(|()| take_frames(&mut server, &mut heard)).expect("ours is understood");
            }
            _ => {
                let piece = down.wire.drain(..usize::from(input.byte()).min(down.wire.len()));
                client.receive(piece.as_slice()).expect("ours is understood");
                take_answers(&mut client, &mut answers);
            }
        }
    }
    let received = server.receive(&up.wire);
    received.and_then(|()| take_frames(&mut server, &mut heard)).expect("ours is understood");
    client.receive(&down.wire).expect("ours is understood");
    take_answers(&mut client, &mut answers);
    same(kind, &up.sent, &heard.frames);
    same(kind, &down.sent, &answers);
}

fn take_answers(client: &mut Transport, answers: &mut Vec<(Vec<u8>, bool)>) {
    while let Some(incoming) = client.incoming().expect("ours is understood") {
        answers.push(match incoming {
            Incoming::Payload(payload) => (payload, false),
            Incoming::QuickAck(token) => (token.to_le_bytes().to_vec(), true),
        });
    }
}

/// A payload: at least four bytes, and whole words.
fn words(input: &mut Input<'_>) -> Vec<u8> {
    let mut payload = input.piece().to_vec();
    payload.resize(payload.len().next_multiple_of(4).max(4), 0);
    payload
}

/// Whether everything arrived. The padded framing knows the length of encrypted messages only.
fn same(kind: Kind, sent: &[(Vec<u8>, bool)], heard: &[(Vec<u8>, bool)]) {
    assert_eq!(sent.len(), heard.len(), "frames are lost or invented");
    for ((sent, sent_mark), (heard, heard_mark)) in sent.iter().zip(heard) {
        let common = sent.len().min(heard.len());
        let is_encrypted = sent.len() >= 24 && sent.len() % 16 == 8 && sent[..8] != [0; 8];
        assert!(sent[..common] == heard[..common] && sent_mark == heard_mark);
        assert!(sent.len() == heard.len() || (kind == Kind::Padded && !is_encrypted));
    }
}

/// What comes out of a websocket: payload, replies, whether it ended.
fn unframe(frames: &[u8], cuts: &[u8]) -> (Vec<u8>, Vec<u8>, bool) {
    let (mut websocket, mut payload, mut replies) = (Websocket::default(), Vec::new(), Vec::new());
    for piece in pieces(frames, cuts) {
        let mut piece = piece.to_vec();
        let taken = websocket.receive(&mut piece, &mut replies, &mut |part| payload.extend_from_slice(part));
        if taken.is_err() {
            return (payload, replies, true);
        }
    }
    (payload, replies, false)
}

/// Anything that claims to be websocket frames.
pub fn to_websocket(input: &mut Input<'_>) {
    let cuts = input.piece();
    let frames = input.rest();
    let whole = unframe(frames, &[]);
    assert!(whole == unframe(frames, cuts), "what is heard depends on the cuts");
    assert!(whole.0.len() + whole.1.len() <= frames.len() + websocket::CLOSE_FRAME.len());
    agree(|| Transport::server_websocket(None), &whole.0, cuts);
}

/// Legal websocket frames around anything.
pub fn through_websocket(input: &mut Input<'_>) {
    let cuts = input.piece();
    let (mut frames, mut payload, mut replies) = (Vec::new(), Vec::new(), Vec::new());
    let mut begun = false;
    while !input.is_over() {
        let how = input.byte();
        let mask: [u8; 4] = input.array();
        let part = input.piece();
        let (is_ping, is_last) = (how & 1 != 0 && part.len() <= 125, how & 2 != 0);
        let at = frames.len();
        websocket::header(part.len(), &mut frames);
        frames[at + 1] |= 0x80;
        if is_ping {
            frames[at] = 0x89;
            replies.extend_from_slice(&[0x8a, u8::try_from(part.len()).expect("at most 125")]);
            replies.extend_from_slice(part);
        } else {
            frames[at] = if begun { 0 } else { 2 } | if is_last { 0x80 } else { 0 };
            payload.extend_from_slice(part);
            begun = !is_last;
        }
        frames.extend_from_slice(&mask);
        frames.extend(part.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    }
    assert!(unframe(&frames, cuts) == (payload, replies, false), "a legal stream is heard wrongly");
}
