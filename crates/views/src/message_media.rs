//! `MessageMedia`: what comes with a text.
//!
//! Source: <https://core.telegram.org/type/MessageMedia>.

use domain::message::Media;
use tl::fields;

/// The media of a message.
pub(crate) fn media(media: &Media) -> tl::MessageMedia {
    match media {
        Media::Dice { emoji, value } => fields::MessageMediaDice {
            value: i32::from(*value),
            emoticon: emoji.clone(),
            ..fields::MessageMediaDice::default()
        }
        .into(),
        Media::Contact { phone, first_name, last_name, vcard, user } => fields::MessageMediaContact {
            phone_number: phone.clone(),
            first_name: first_name.clone(),
            last_name: last_name.clone(),
            vcard: vcard.clone(),
            user_id: user.map_or(0, |user| user.0),
        }
        .into(),
    }
}
