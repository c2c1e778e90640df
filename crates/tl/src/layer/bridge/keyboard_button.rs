//! What a button does was its constructor until layer 228, and is a field since, of two types: one for the keyboard below the
//! text field, one for buttons under a message.

use super::open;
use crate::layer::LayerError;
use crate::layer::walk::{Fate, Walk};
use crate::tables::{Def, KEYBOARD_INLINE_BUTTON};

/// Older constructors, and the kind that says the same on a keyboard.
const KEYBOARD: [(&str, &str); 7] = [
    ("keyboardButton", "buttonTypeDefault"),
    ("keyboardButtonRequestGeoLocation", "buttonTypeRequestGeoLocation"),
    ("keyboardButtonRequestPeer", "buttonTypeRequestPeer"),
    ("keyboardButtonRequestPhone", "buttonTypeRequestPhone"),
    ("keyboardButtonRequestPoll", "buttonTypeRequestPoll"),
    ("keyboardButtonSimpleWebView", "buttonTypeSimpleWebView"),
    ("inputKeyboardButtonRequestPeer", "inputButtonTypeRequestPeer"),
];

/// Older constructors, and the kind that says the same under a message.
const INLINE: [(&str, &str); 11] = [
    ("keyboardButtonBuy", "inlineButtonTypeBuy"),
    ("keyboardButtonCallback", "inlineButtonTypeCallback"),
    ("keyboardButtonCopy", "inlineButtonTypeCopy"),
    ("keyboardButtonGame", "inlineButtonTypeGame"),
    ("keyboardButtonSwitchInline", "inlineButtonTypeSwitchInline"),
    ("keyboardButtonUrl", "inlineButtonTypeUrl"),
    ("keyboardButtonUrlAuth", "inlineButtonTypeUrlAuth"),
    ("keyboardButtonUserProfile", "inlineButtonTypeUserProfile"),
    ("keyboardButtonWebView", "inlineButtonTypeWebView"),
    ("inputKeyboardButtonUrlAuth", "inputInlineButtonTypeUrlAuth"),
    ("inputKeyboardButtonUserProfile", "inputInlineButtonTypeUserProfile"),
];

/// A button that its keyboard cannot have is dropped.
pub(crate) fn raise(walk: &mut Walk<'_>, src: &'static Def, to: u16) -> Result<Fate, LayerError> {
    let fields = walk.fields(src)?;
    let (button, kinds) = if to == KEYBOARD_INLINE_BUTTON {
        ("keyboardInlineButton", &INLINE[..])
    } else {
        ("keyboardButton", &KEYBOARD[..])
    };
    let kind = kinds.iter().find(|(old, _)| *old == src.name()).and_then(|(_, kind)| walk.version(kind));
    let (Some(button), Some(kind)) = (walk.version(button), kind) else { return Ok(Fate::Dropped) };
    walk.assemble(button, &[&fields], |walk, name| {
        if name != "type" {
            return Ok(None);
        }
        walk.assemble(kind, &[&fields], |_, _| Ok(None)).map(Some)
    })
}

/// The button's own fields and those of its kind are the fields of the older constructor.
pub(crate) fn lower(walk: &mut Walk<'_>, src: &'static Def, _: u16) -> Result<Fate, LayerError> {
    let fields = walk.fields(src)?;
    let Some(place) = fields.place("type") else { return Ok(Fate::Dropped) };
    let (kind, own) = walk.visit(place, open)?;
    let mut pairs = KEYBOARD.iter().chain(&INLINE);
    let old = pairs.find(|(_, new)| *new == kind.name()).and_then(|(old, _)| walk.version(old));
    let Some(old) = old else { return Ok(Fate::Dropped) };
    walk.assemble(old, &[&fields, &own], |_, _| Ok(None))
}
