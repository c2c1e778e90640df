//! Bridges: what a version means in terms of another where tables alone do not tell. One file each.
//!
//! A bridge is a pair of functions, `raise` from old to canonical and `lower` back. The walk stands before the value in the
//! old form (or in the canonical one); the bridge reads all of it and writes the other form. What it writes before it answers
//! that nothing was made is taken back by its caller. Which bridge serves which field stands in `schema/rules.txt`.

pub(crate) mod app_config;
pub(crate) mod bot_info;
pub(crate) mod bot_recipients;
pub(crate) mod can_send_story;
pub(crate) mod chat_invite_join_result;
pub(crate) mod chat_reactions;
pub(crate) mod chat_theme;
pub(crate) mod conference_call;
pub(crate) mod dialog_filters;
pub(crate) mod email_verification;
pub(crate) mod email_verified;
pub(crate) mod emoji_status;
pub(crate) mod gift_months;
pub(crate) mod inline_row;
pub(crate) mod input_channel;
pub(crate) mod input_chat_theme;
pub(crate) mod input_user;
pub(crate) mod invited_users;
pub(crate) mod keyboard_button;
pub(crate) mod one;
pub(crate) mod paid_reaction_privacy;
pub(crate) mod peer_channel;
pub(crate) mod peer_chat;
pub(crate) mod peer_color;
pub(crate) mod peer_user;
pub(crate) mod promo_data;
pub(crate) mod public_forwards;
pub(crate) mod quiz_answers;
pub(crate) mod reaction;
pub(crate) mod reactions;
pub(crate) mod read_participant;
pub(crate) mod recent_story;
pub(crate) mod reply_to;
pub(crate) mod report_result;
pub(crate) mod requirement_to_contact;
pub(crate) mod saved_star_gift;
pub(crate) mod send_as_peer;
pub(crate) mod star_gift_rarity;
pub(crate) mod stars_amount;
pub(crate) mod stars_amounts;
pub(crate) mod text_with_entities;
pub(crate) mod texts_with_entities;
pub(crate) mod updates_done;
pub(crate) mod user_names;
pub(crate) mod web_page;
pub(crate) mod web_page_preview;
pub(crate) mod whole_double;

use super::LayerError;
use super::fields::Fields;
use super::walk::{Fate, Walk};
use crate::tables::Def;

/// Rewrites a field, or two that became one or the other way round, or an answer. Says which of the target's have been
/// written.
pub(crate) type Bridge = fn(&mut Walk<'_>, Slots) -> Result<[bool; 2], LayerError>;

/// Rewrites a whole object, whose id has been read, as one of the given type.
pub(crate) type ObjectBridge = fn(&mut Walk<'_>, &'static Def, u16) -> Result<Fate, LayerError>;

/// The fields between which a bridge stands.
#[derive(Clone, Copy)]
pub(crate) struct Slots {
    /// Which of the fields that are read are there; those that are follow each other in the input.
    pub(crate) from: [bool; 2],
    /// Which fields the target has at all.
    pub(crate) to: [bool; 2],
    /// The types of the first field on each side.
    pub(crate) from_type: u16,
    pub(crate) to_type: u16,
}

/// The value has no form in the target.
pub(crate) const NOTHING: [bool; 2] = [false, false];
/// The first field, often the only one, has been written.
pub(crate) const ONE: [bool; 2] = [true, false];

/// The first field has been written if its value was kept.
fn one_if(kept: bool) -> [bool; 2] {
    [kept, false]
}

/// Reads a vector and writes the first of its items that `item` has a form for.
fn first_of(
    walk: &mut Walk<'_>,
    item: impl Fn(&mut Walk<'_>) -> Result<[bool; 2], LayerError>,
) -> Result<[bool; 2], LayerError> {
    let mut made = NOTHING;
    for _ in 0..walk.count()? {
        let before = walk.written();
        let again = item(walk)?;
        if made == NOTHING {
            made = again;
        } else {
            walk.take_back(before);
        }
    }
    Ok(made)
}

/// The next object of the input: its version and its fields. The walk stands behind it then.
fn open(walk: &mut Walk<'_>) -> Result<(&'static Def, Fields), LayerError> {
    let def = walk.id()?;
    let fields = walk.fields(def)?;
    Ok((def, fields))
}

/// Rewrites the next object as another constructor with the same fields; `pairs` names both.
fn renamed(walk: &mut Walk<'_>, pairs: &[(&str, &str)]) -> Result<[bool; 2], LayerError> {
    let (def, fields) = open(walk)?;
    let name = pairs.iter().find(|(from, _)| *from == def.name()).map(|(_, to)| *to);
    let Some(target) = name.and_then(|name| walk.version(name)) else { return Ok(NOTHING) };
    let fate = walk.assemble(target, &[&fields], |_, _| Ok(None))?;
    Ok(one_if(fate == Fate::Kept))
}

/// Reads the next object, a `constructor`, and writes only its field `field`, as the type of the slots.
fn unwrap(
    walk: &mut Walk<'_>,
    slots: Slots,
    constructor: &str,
    field: &str,
) -> Result<[bool; 2], LayerError> {
    let (def, fields) = open(walk)?;
    match fields.typed(field).filter(|_| def.name() == constructor) {
        Some((at, ty)) => Ok(one_if(walk.embed_at(at, ty, slots.to_type)? == Fate::Kept)),
        None => Ok(NOTHING),
    }
}

/// Writes a `constructor` whose field `field` is the next value and whose others are plain.
fn wrap(walk: &mut Walk<'_>, slots: Slots, constructor: &str, field: &str) -> Result<[bool; 2], LayerError> {
    let Some(target) = walk.version(constructor) else { return Ok(NOTHING) };
    let wanted = target.field_type(field);
    let fate = walk.assemble(target, &[], |walk, name| match wanted {
        Some(ty) if name == field => walk.embed(slots.from_type, ty).map(Some),
        _ => Ok(None),
    })?;
    Ok(one_if(fate == Fate::Kept))
}
