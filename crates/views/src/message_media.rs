//! `MessageMedia`: what comes with a text.
//!
//! Source: <https://core.telegram.org/type/MessageMedia>.

use domain::message::{Media, Message, Place};
use tl::fields;

use crate::poll::{poll, poll_results};

/// The media of a message.
pub(crate) fn media(of: &Message, media: &Media) -> tl::MessageMedia {
    match media {
        Media::Poll { poll: asked } => fields::MessageMediaPoll {
            poll: poll(of, asked),
            results: poll_results(of, asked),
            attached_media: None,
        }
        .into(),
        Media::Dice { emoji, value } => fields::MessageMediaDice {
            value: i32::from(*value),
            emoticon: emoji.clone(),
            ..fields::MessageMediaDice::default()
        }
        .into(),
        Media::Geo { place } => tl::MessageMedia::MessageMediaGeo { geo: geo(*place) },
        Media::Venue { place, title, address, provider, venue_id, venue_type } => fields::MessageMediaVenue {
            geo: geo(*place),
            title: title.clone(),
            address: address.clone(),
            provider: provider.clone(),
            venue_id: venue_id.clone(),
            venue_type: venue_type.clone(),
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

fn geo(place: Place) -> tl::GeoPoint {
    tl::GeoPoint::GeoPoint {
        long: place.longitude.degrees(),
        lat: place.latitude.degrees(),
        access_hash: 0,
        accuracy_radius: place.accuracy_m.map(|metres| i32::try_from(metres).unwrap_or(i32::MAX)),
    }
}
