//! `MessageReactions`: what was put on a message, as one viewer sees it.
//!
//! Source: <https://core.telegram.org/api/reactions>.

use domain::message::{Message, Reaction};
use ids::UserId;
use tl::fields;

use crate::peer::peer;

/// The reactions to a message; none for a message without.
pub fn message_reactions(message: &Message, viewer: UserId) -> Option<tl::MessageReactions> {
    (!message.reactions.is_empty()).then(|| all(message, viewer))
}

/// That the reactions to a message changed, for whose copy it is.
pub fn update_reactions(of: &Message) -> tl::Update {
    fields::UpdateMessageReactions {
        peer: peer(of.peer),
        msg_id: of.id.0,
        reactions: all(of, of.owner()),
        ..fields::UpdateMessageReactions::default()
    }
    .into()
}

/// The reactions to a message, also when there are none.
fn all(message: &Message, viewer: UserId) -> tl::MessageReactions {
    let mut results: Vec<(&str, i32, bool)> = Vec::new();
    for Reaction { by, emoji, .. } in &message.reactions {
        match results.iter_mut().find(|(there, ..)| there == emoji) {
            Some((_, count, own)) => (*count, *own) = (*count + 1, *own || *by == viewer),
            None => results.push((emoji, 1, *by == viewer)),
        }
    }
    let counts = results.into_iter().map(|(emoticon, count, own)| {
        fields::ReactionCount { chosen_order: own.then_some(0), reaction: emoji(emoticon), count }.into()
    });
    fields::MessageReactions {
        can_see_list: true,
        results: counts.collect(),
        recent_reactions: Some(
            message.reactions.iter().map(|reaction| peer_reaction(reaction, viewer)).collect(),
        ),
        ..fields::MessageReactions::default()
    }
    .into()
}

/// One person's reaction.
pub fn peer_reaction(reaction: &Reaction, viewer: UserId) -> tl::MessagePeerReaction {
    fields::MessagePeerReaction {
        my: reaction.by == viewer,
        peer_id: tl::Peer::PeerUser { user_id: reaction.by.0 },
        date: reaction.date.as_int(),
        reaction: emoji(&reaction.emoji),
        ..fields::MessagePeerReaction::default()
    }
    .into()
}

fn emoji(emoticon: &str) -> tl::Reaction {
    tl::Reaction::ReactionEmoji { emoticon: emoticon.to_owned() }
}
