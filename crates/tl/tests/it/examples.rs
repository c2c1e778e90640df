//! Lowering and raising by example.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use ids::Layer;
use tl::{Decode, Encode, Function, fields, layer, messages};

#[test]
fn an_old_reply_becomes_a_reply() {
    // messages.sendMessage of layer 148 to 158, with reply_to_msg_id and top_msg_id.
    let mut old = Vec::new();
    for word in [0x1cc2_0387_u32, 1 | 1 << 9, 0x7da0_7ec9, 77, 55, 0x0069_6802] {
        word.encode(&mut old);
    }
    7_i64.encode(&mut old);
    let mut new = Vec::new();
    layer::raise_request(&old, Layer(158), &mut new).unwrap();
    let call = messages::SendMessage::from_bytes(&new).unwrap();
    assert!(call.message == "hi" && call.random_id == 7);
    let Some(tl::InputReplyTo::InputReplyToMessage(reply)) = call.reply_to.clone() else {
        panic!("no reply")
    };
    assert!(reply.reply_to_msg_id == 77 && reply.top_msg_id == Some(55));
    let mut again = Vec::new();
    layer::lower_request(&new, Layer(158), &mut again).unwrap();
    assert_eq!(again, old);
    assert_eq!(messages::SendMessage::NAME, "messages.sendMessage");
}

#[test]
fn a_user_is_lowered_to_158() {
    let user: tl::User = fields::User {
        id: 5,
        first_name: Some("A".into()),
        color: Some(tl::PeerColor::PeerColor { color: Some(1), background_emoji_id: None }),
        ..Default::default()
    }
    .into();
    let mut old = Vec::new();
    layer::lower(&user.to_bytes(), Layer(158), &mut old).unwrap();
    assert_eq!(old[..4], 0x8f97_c628_u32.to_le_bytes());
    assert_eq!(old.len(), 4 + 4 + 4 + 8 + 4);
    let mut new = Vec::new();
    layer::raise(&old, Layer(158), &mut new).unwrap();
    assert!(matches!(tl::User::from_bytes(&new).unwrap(), tl::User::User(user) if user.color.is_none()));
}
