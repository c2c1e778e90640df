//! Our own client against the real binary, in every layer that is promised: neighbours talk to each other, and the
//! oldest to the newest. In `actions` both do everything to each other, and count alike.
//!
//! Everything the server says is read with the schema of the layer that is spoken, by a reader that shares nothing
//! with the program: its ids, its bits, every byte.
mod actions;
mod conversation;
#[allow(dead_code, reason = "tests of the schema use the rest of it")]
#[path = "../../../tl/tests/it/history.rs"]
mod history;
mod person;
mod side;
#[allow(dead_code, reason = "tests of the schema use the rest of it")]
#[path = "../../../tl/tests/it/strict.rs"]
mod strict;
#[path = "../support/mod.rs"]
mod support;
mod witness;
mod words;

use actions::act_on_each_other;
use conversation::converse;

#[tokio::test]
async fn layer_143_talks_with_158() {
    converse(143, 158).await;
}

#[tokio::test]
async fn layer_158_talks_with_181() {
    converse(158, 181).await;
}

#[tokio::test]
async fn layer_181_talks_with_198() {
    converse(181, 198).await;
}

#[tokio::test]
async fn layer_198_talks_with_214() {
    converse(198, 214).await;
}

#[tokio::test]
async fn layer_214_talks_with_230() {
    converse(214, 230).await;
}

#[tokio::test]
async fn layer_143_talks_with_230() {
    converse(143, 230).await;
}

#[tokio::test]
async fn layers_158_and_230_do_everything_to_each_other_and_count_alike() {
    act_on_each_other(158, 230).await;
}

#[tokio::test]
async fn layers_143_and_230_do_everything_to_each_other_and_count_alike() {
    act_on_each_other(143, 230).await;
}

#[tokio::test]
async fn layers_230_and_230_do_everything_to_each_other_and_count_alike() {
    act_on_each_other(230, 230).await;
}

#[test]
fn the_witness_refuses_what_is_not_of_its_layer() {
    let message = tl::fields::Message { message: "new".into(), ..Default::default() }.into();
    let new = tl::fields::UpdateNewMessage { message, pts: 2, pts_count: 1 }.into();
    let update: tl::Updates = tl::fields::UpdateShort { update: new, date: 1 }.into();
    let bytes = tl::Encode::to_bytes(&update);
    let mut lowered = Vec::new();
    tl::layer::lower(&bytes, ids::Layer(143), &mut lowered).expect("a form in every layer");
    for (layer, bytes, well) in [(143, &bytes, false), (143, &lowered, true), (230, &bytes, true)] {
        let witness = witness::Witness::of(layer);
        witness.observer()(client::Seen::Update(bytes));
        let read = std::panic::catch_unwind(|| witness.assert_well(1));
        assert_eq!(read.is_ok(), well, "layer {layer}");
    }
}
