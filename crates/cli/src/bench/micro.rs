//! Codec and cipher, on one thread.
use std::hint::black_box;
use std::sync::Arc;

use client::OsRng;
use crypto::Rng;
use ids::{Layer, SessionId, WireMsgId};
use mtproto::AuthKey;
use mtproto::cipher::{self, Body, Head, Padding, Sender};
use tl::{Decode, Encode, fields};
use zeroize::Zeroizing;

use super::machine::thread_cpu;
use super::table::Table;
use super::{Amount, BenchError};

/// Batches, of which the median counts.
const BATCHES: usize = 51;
/// A layer that many clients in use speak.
const OLD_LAYER: Layer = Layer(158);

pub(super) fn measure(amount: &Amount, table: &mut Table) -> Result<(), BenchError> {
    let calls = if amount.quick { 2_000 } else { 20_000 };
    let cipher = encrypt_and_decrypt();
    table.at_most("encrypt and decrypt 256 bytes", nanoseconds(calls, cipher) / 1000.0, 3.0, "us");
    let update = message_update().to_bytes();
    let mut out = Vec::with_capacity(2 * update.len());
    tl::layer::lower(&update, OLD_LAYER, &mut out).map_err(|_| BenchError::Unexpected)?;
    let lower = || {
        out.clear();
        black_box(tl::layer::lower(black_box(&update), OLD_LAYER, &mut out).is_ok());
    };
    table.at_most("lower a message update to layer 158", nanoseconds(calls, lower) / 1000.0, 1.5, "us");
    let history = history().to_bytes();
    tl::messages::GetHistory::from_bytes(&history).map_err(|_| BenchError::Unexpected)?;
    let decode = || {
        black_box(tl::messages::GetHistory::from_bytes(black_box(&history)).is_ok());
    };
    table.at_most("decode messages.getHistory", nanoseconds(10 * calls, decode), 100.0, "ns");
    Ok(())
}

/// Median of the batches, in nanoseconds of this thread for one call.
pub(super) fn nanoseconds(calls: u32, mut call: impl FnMut()) -> f64 {
    let calls = calls / 10;
    let mut batches: Vec<_> = (0..BATCHES)
        .map(|_| {
            let before = thread_cpu();
            (0..calls).for_each(|_| call());
            (thread_cpu() - before).as_nanos() as f64 / f64::from(calls)
        })
        .collect();
    batches.sort_by(f64::total_cmp);
    batches[BATCHES / 2]
}

/// A client's packet with a body of 256 bytes, made and opened.
fn encrypt_and_decrypt() -> impl FnMut() {
    let mut bytes = Box::new(Zeroizing::new([0; 256]));
    OsRng.fill(bytes.as_mut_slice());
    let key = Arc::new(AuthKey::new(bytes));
    let body = [7; 256];
    let head = Head { salt: 1, session: SessionId(2), msg_id: WireMsgId(4), seqno: 1 };
    move || {
        let packet =
            cipher::encrypt(&key, Sender::Client, head, Body::new(&body), Padding::Short, &mut OsRng);
        black_box(cipher::decrypt(&key, Sender::Client, black_box(&packet)).is_ok());
    }
}

/// What a session is told of one message: a reply of 60 characters with a link, and its sender.
fn message_update() -> tl::Updates {
    let message = fields::Message {
        id: 1234,
        from_id: Some(tl::Peer::PeerUser { user_id: 123_456_789_012 }),
        peer_id: tl::Peer::PeerUser { user_id: 123_456_789_012 },
        reply_to: Some(
            fields::MessageReplyHeader { reply_to_msg_id: Some(1200), ..Default::default() }.into(),
        ),
        date: 1_767_225_600,
        message: "See https://example.org/ for the plan, and tell me by Monday".to_owned(),
        entities: Some(vec![tl::MessageEntity::MessageEntityUrl { offset: 4, length: 20 }]),
        ..Default::default()
    };
    let new = fields::UpdateNewMessage { message: message.into(), pts: 4321, pts_count: 1 };
    let sender = fields::User {
        id: 123_456_789_012,
        access_hash: Some(0x0123_4567_89ab_cdef),
        first_name: Some("Alexandra".to_owned()),
        last_name: Some("Example".to_owned()),
        phone: Some("999661234567".to_owned()),
        contact: true,
        mutual_contact: true,
        status: Some(tl::UserStatus::UserStatusOnline { expires: 1_767_225_900 }),
        ..Default::default()
    };
    fields::Updates {
        updates: vec![new.into()],
        users: vec![sender.into()],
        chats: Vec::new(),
        date: 1_767_225_600,
        seq: 0,
    }
    .into()
}

fn history() -> tl::messages::GetHistory {
    let peer = tl::InputPeer::InputPeerUser { user_id: 123_456_789_012, access_hash: 0x0123_4567_89ab_cdef };
    tl::messages::GetHistory { peer, offset_id: 1234, limit: 50, ..Default::default() }
}
