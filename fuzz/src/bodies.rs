//! F5: bodies of messages as clients make them and as nobody should, bytes of the input in them.
//!
//! Source: docs, mtproto/service_messages, mtproto/service_messages_about_messages, api/invoking.

use std::io::Write as _;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use ids::WireMsgId;
use tl::codec::put_bytes;
use tl::{Encode, Raw, mt};

use crate::Input;

/// `gzip_packed`.
const GZIP_PACKED: u32 = 0x3072_cfa1;
/// A constructor that is neither a service message nor a wrapper.
const QUERY: u32 = 0x0bad_cafe;
/// How deep bodies are put into each other here; wrappers are limited to 8 by the server.
const DEPTH_MAX: u8 = 10;

/// Packed zeros: what fits, what hardly fits, what is too much, and much too much (A8).
static BOMBS: LazyLock<[Vec<u8>; 4]> =
    LazyLock::new(|| [1 << 10, 1 << 20, (1 << 20) + 1, 16 << 20].map(bomb));

fn bomb(size: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&vec![0; size]).and_then(|()| encoder.finish()).expect("memory takes everything")
}

/// Makes what is fixed, which takes a while, so that the first run is no longer than the others.
pub fn prepare() {
    LazyLock::force(&BOMBS);
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let (a, b) = bytes.iter().fold((1_u32, 0), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    [&[0x78, 0x01], stored(bytes).as_slice(), &(b << 16 | a).to_be_bytes()].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    [&header, stored(bytes).as_slice(), &sum.sum().to_le_bytes(), &sum.amount().to_le_bytes()].concat()
}

/// Deflate without compression: to compress would take most of a run.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut blocks = Vec::new();
    for block in bytes.chunks(0xffff) {
        let length = u16::try_from(block.len()).expect("at most that");
        blocks.push(0);
        blocks.extend_from_slice(&length.to_le_bytes());
        blocks.extend_from_slice(&(!length).to_le_bytes());
        blocks.extend_from_slice(block);
    }
    blocks.extend_from_slice(&[1, 0, 0, 0xff, 0xff]);
    blocks
}

fn packed(stream: &[u8]) -> Vec<u8> {
    let mut object = GZIP_PACKED.to_le_bytes().to_vec();
    put_bytes(&mut object, stream);
    object
}

/// What bodies may name: ids of the server's messages, and of the client's.
pub struct Named<'a> {
    /// Ids of messages from the server.
    pub servers: &'a [WireMsgId],
    /// Ids of the client's own messages.
    pub clients: &'a [WireMsgId],
}

impl Named<'_> {
    /// The id counted from the newest, or any number.
    fn pick(ids: &[WireMsgId], input: &mut Input<'_>) -> i64 {
        let back = usize::from(input.byte());
        let known = ids.len().checked_sub(1 + back).and_then(|at| ids.get(at));
        known.map_or_else(|| input.u64(), |id| id.get()).cast_signed()
    }

    fn some(ids: &[WireMsgId], input: &mut Input<'_>) -> Vec<i64> {
        (0..input.below(6)).map(|_| Self::pick(ids, input)).collect()
    }
}

/// One body, whole words.
pub fn body(input: &mut Input<'_>, named: &Named<'_>) -> Vec<u8> {
    let mut body = part(input, named, 0);
    body.resize(body.len().next_multiple_of(4).max(4), 0);
    body
}

fn part(input: &mut Input<'_>, named: &Named<'_>, depth: u8) -> Vec<u8> {
    if depth > DEPTH_MAX {
        return input.piece().to_vec();
    }
    match input.below(24) {
        0 => input.piece().to_vec(),
        1 => packed(&zlib(&part(input, named, depth + 1))),
        2 => packed(&gzip(&part(input, named, depth + 1))),
        3 => packed(&[&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0], input.piece()].concat()),
        4 => packed(&[&[0x78, 0x9c], input.piece()].concat()),
        // The large ones seldom: each takes a millisecond.
        5 => packed(&BOMBS[usize::from(input.byte().saturating_sub(0xfc))]),
        // A container where none may be.
        6 => [&0x73f1_f8dc_u32.to_le_bytes(), input.piece()].concat(),
        7..12 => service(input, named),
        12..18 => wrapper(input, named, depth),
        _ => [QUERY.to_le_bytes(), [input.byte(); 4]].concat(),
    }
}

fn service(input: &mut Input<'_>, named: &Named<'_>) -> Vec<u8> {
    let ping_id = 7;
    match input.below(12) {
        0 | 1 => mt::MsgsAck::MsgsAck { msg_ids: Named::some(named.servers, input) }.to_bytes(),
        2 => mt::MsgsStateReq::MsgsStateReq { msg_ids: Named::some(named.clients, input) }.to_bytes(),
        3 => mt::MsgResendReq::MsgResendReq { msg_ids: Named::some(named.servers, input) }.to_bytes(),
        4 => mt::MsgResendReq::MsgResendAnsReq { msg_ids: Named::some(named.clients, input) }.to_bytes(),
        5 => mt::Ping { ping_id }.to_bytes(),
        6 => {
            mt::PingDelayDisconnect { ping_id, disconnect_delay: input.u16().cast_signed().into() }.to_bytes()
        }
        7 => mt::GetFutureSalts { num: input.u16().cast_signed().into() }.to_bytes(),
        8 => mt::RpcDropAnswer { req_msg_id: Named::pick(named.clients, input) }.to_bytes(),
        9 => mt::DestroySession { session_id: input.below(4).into() }.to_bytes(),
        10 => mt::DestroyAuthKey {}.to_bytes(),
        _ => mt::MsgsStateInfo::MsgsStateInfo { req_msg_id: 1, info: input.piece().to_vec() }.to_bytes(),
    }
}

fn wrapper(input: &mut Input<'_>, named: &Named<'_>, depth: u8) -> Vec<u8> {
    let how = input.below(8);
    let (msg_ids, number) = (Named::some(named.clients, input), input.u16());
    let text = String::from_utf8_lossy(if how == 5 { input.piece() } else { &[] }).into_owned();
    let query = Raw(part(input, named, depth + 1));
    match how {
        0 | 1 => tl::InvokeAfterMsg { msg_id: msg_ids.first().copied().unwrap_or(1), query }.to_bytes(),
        2 => tl::InvokeAfterMsgs { msg_ids, query }.to_bytes(),
        3 => tl::InvokeWithLayer { layer: number.into(), query }.to_bytes(),
        4 => tl::InvokeWithoutUpdates { query }.to_bytes(),
        5 => tl::InitConnection { device_model: text, query, ..Default::default() }.to_bytes(),
        6 => tl::InvokeWithTakeout { takeout_id: number.into(), query }.to_bytes(),
        _ => tl::InvokeWithMessagesRange { range: tl::MessageRange::default(), query }.to_bytes(),
    }
}
