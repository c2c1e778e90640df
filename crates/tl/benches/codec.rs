//! Figures of the codec and the transcoder: `cargo bench -p tl`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ids::Layer;
use tl::{Decode, Encode, Function, Reader, fields, layer, messages};

/// messages.getHistory as clients send it, 56 bytes with its id.
fn history_call() -> Vec<u8> {
    let peer = tl::InputPeer::InputPeerUser { user_id: 777_000, access_hash: 0x0123_4567_89ab_cdef };
    let call = messages::GetHistory { peer, limit: 50, ..Default::default() };
    call.to_bytes()
}

fn user(id: i64) -> tl::User {
    let user = fields::User {
        id,
        access_hash: Some(id * 31),
        first_name: Some("Augusta".to_owned()),
        last_name: Some("King".to_owned()),
        username: Some("augusta".to_owned()),
        phone: Some("99912345678".to_owned()),
        photo: Some(tl::UserProfilePhoto::UserProfilePhotoEmpty),
        status: Some(tl::UserStatus::UserStatusOnline { expires: 1_700_000_000 }),
        color: Some(tl::PeerColor::PeerColor { color: Some(3), background_emoji_id: None }),
        ..Default::default()
    };
    user.into()
}

/// What a sender's other session gets for one message: the update, and both users.
fn message_update() -> tl::Updates {
    let message = fields::Message {
        out: true,
        id: 1234,
        from_id: Some(tl::Peer::PeerUser { user_id: 1 }),
        peer_id: tl::Peer::PeerUser { user_id: 2 },
        date: 1_700_000_000,
        message: "The Analytical Engine weaves algebraic patterns.".to_owned(),
        entities: Some(vec![tl::MessageEntity::MessageEntityBold { offset: 4, length: 17 }]),
        ..Default::default()
    };
    let new = fields::UpdateNewMessage { message: message.into(), pts: 10, pts_count: 1 };
    let updates = fields::Updates {
        updates: vec![tl::Update::UpdateMessageID { id: 1234, random_id: 42 }, new.into()],
        users: vec![user(1), user(2)],
        date: 1_700_000_000,
        ..Default::default()
    };
    updates.into()
}

/// Reads the id, chooses the method by it, reads the rest.
fn decode_call(bytes: &[u8]) -> Option<i32> {
    match Reader::new(bytes).peek_id().ok()? {
        messages::GetHistory::ID => messages::GetHistory::from_bytes(bytes).ok().map(|call| call.limit),
        messages::SendMessage::ID => messages::SendMessage::from_bytes(bytes).ok().map(|_| 0),
        _ => None,
    }
}

fn codec(c: &mut Criterion) {
    let call = history_call();
    assert_eq!(decode_call(&call), Some(50));
    c.bench_function("decode messages.getHistory", |b| b.iter(|| decode_call(black_box(&call))));

    let updates = message_update();
    let bytes = updates.to_bytes();
    let mut group = c.benchmark_group("updates with one message and two users");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    let mut sink = Vec::with_capacity(4096);
    group.bench_function("encode", |b| {
        b.iter(|| {
            sink.clear();
            black_box(&updates).encode(&mut sink);
        });
    });
    group.bench_function("decode", |b| b.iter(|| tl::Updates::from_bytes(black_box(&bytes))));
    for target in [158, 198, 214] {
        group.bench_function(format!("lower to {target}"), |b| {
            b.iter(|| {
                sink.clear();
                layer::lower(black_box(&bytes), Layer(target), &mut sink)
            });
        });
    }
    group.finish();

    let mut old = Vec::new();
    let send = messages::SendMessage { message: "hi".to_owned(), random_id: 1, ..Default::default() };
    let lowered = layer::lower_request(&send.to_bytes(), Layer(158), &mut old);
    assert!(lowered.is_ok());
    c.bench_function("raise messages.sendMessage from 158", |b| {
        b.iter(|| {
            sink.clear();
            layer::raise_request(black_box(&old), Layer(158), &mut sink)
        });
    });
}

criterion_group!(benches, codec);
criterion_main!(benches);
