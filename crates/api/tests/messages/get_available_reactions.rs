//! messages.getAvailableReactions.

use ids::Layer;

use crate::world::{Device, World};

/// All there are, as one viewer is told of them.
pub(crate) fn reactions(world: &mut World, device: Device) -> (i32, Vec<tl::fields::AvailableReaction>) {
    let answer = world.ok(device, &tl::messages::GetAvailableReactions { hash: 0 });
    let tl::messages::AvailableReactions::AvailableReactions { hash, reactions } = answer else {
        panic!("not modified")
    };
    let bare = |tl::AvailableReaction::AvailableReaction(one)| *one;
    (hash, reactions.into_iter().map(bare).collect())
}

/// The documents of a reaction, in the order of the schema.
pub(crate) fn documents(of: &tl::fields::AvailableReaction) -> Vec<&tl::fields::Document> {
    let must = [
        &of.static_icon,
        &of.appear_animation,
        &of.select_animation,
        &of.activate_animation,
        &of.effect_animation,
    ];
    let all = must.into_iter().chain(&of.around_animation).chain(&of.center_icon);
    all.map(|document| match document {
        tl::Document::Document(document) => &**document,
        tl::Document::DocumentEmpty { .. } => panic!("an empty document"),
    })
    .collect()
}

#[test]
fn each_has_all_its_drawings_as_stickers_of_its_emoji() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let (hash, all) = reactions(&mut world, anna.device);
    assert!(hash != 0 && all.len() == 26);
    for one in &all {
        assert!(!one.inactive && !one.premium && !one.title.is_empty());
        let documents = documents(one);
        assert_eq!(documents.len(), 7);
        for (index, document) in documents.iter().enumerate() {
            let (mime, side) =
                if index == 0 { ("image/webp", 160) } else { ("application/x-tgsticker", 512) };
            assert_eq!((document.mime_type.as_str(), document.dc_id), (mime, 2), "the client talks to 2");
            assert!(document.size > 0 && document.id > 0 && !document.file_reference.is_empty());
            let [size, sticker, name] = &document.attributes[..] else { panic!("three attributes") };
            assert!(
                matches!(size, tl::DocumentAttribute::DocumentAttributeImageSize { w, h } if (*w, *h) == (side, side))
            );
            let tl::DocumentAttribute::DocumentAttributeSticker(sticker) = sticker else {
                panic!("no sticker")
            };
            assert_eq!(sticker.alt, one.reaction);
            assert!(matches!(name, tl::DocumentAttribute::DocumentAttributeFilename { .. }));
        }
    }
    let again = world.ok(anna.device, &tl::messages::GetAvailableReactions { hash });
    assert!(matches!(again, tl::messages::AvailableReactions::AvailableReactionsNotModified));
}

#[test]
fn all_layers_are_told_the_same() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let method = tl::Encode::to_bytes(&tl::messages::GetAvailableReactions { hash: 0 });
    let answers: Vec<_> = [143, 158, 230]
        .map(|layer| world.run(Device { layer: Some(Layer(layer)), ..anna.device }, &method))
        .into_iter()
        .map(|answer| match answer {
            mtproto::server::RpcResult::Answer(bytes) => bytes,
            mtproto::server::RpcResult::Error(error) => panic!("{}", error.name),
        })
        .collect();
    // No layer has another form of an available reaction or of a document.
    assert!(answers[0] == answers[1] && answers[1] == answers[2]);
}

#[test]
fn whatever_is_listed_can_be_put_on_a_message_and_nothing_else() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let msg_id = world.sent(anna, boris, "look", 1);
    let peer = world.peer(anna, boris);
    let put = |emoji: &str| tl::messages::SendReaction {
        peer: peer.clone(),
        msg_id,
        reaction: Some(vec![tl::Reaction::ReactionEmoji { emoticon: emoji.to_owned() }]),
        ..Default::default()
    };
    let (_, all) = reactions(&mut world, anna.device);
    for one in &all {
        world.ok(anna.device, &put(&one.reaction));
    }
    assert_eq!(world.err(anna.device, &put("\u{1f3b2}")), "400 REACTION_INVALID");
}
