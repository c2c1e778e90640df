//! messages.sendMedia: a message that is more than a text: a die, a card, a place, a poll.
//!
//! Files, games and places that move are not served. Options without a meaning here are refused, never passed over.
//! Errors: as messages.sendMessage, and MEDIA_INVALID, EMOTICON_INVALID, CONTACT_NAME_EMPTY, PHONE_NUMBER_INVALID; for a poll
//! POLL_QUESTION_INVALID, POLL_ANSWERS_INVALID, POLL_ANSWER_INVALID, POLL_OPTION_INVALID, POLL_OPTION_DUPLICATE,
//! POLL_UNSUPPORTED, QUIZ_CORRECT_ANSWERS_EMPTY, QUIZ_CORRECT_ANSWERS_TOO_MUCH,
//! QUIZ_CORRECT_ANSWER_INVALID.
//! Source: <https://core.telegram.org/method/messages.sendMedia>, <https://core.telegram.org/api/dice>,
//! <https://core.telegram.org/api/poll>.

use domain::message::{self, Degrees, FormattedText, Media, NewMessage, Place};
use domain::{AccessHashes, Allowed, Authed, ContactName, PhoneNumber, contact};
use ids::limits::MEDIA_TEXT_BYTES_MAX;
use ids::{RandomId, UnixTime};
use store::Tx;
use tl::fields;

use crate::shape::{poll, refuse_kinds, reply_to, sent_one};
use crate::{Access, Ctx, Method, RpcError};

/// What can be thrown, and how many ends it has (docs: dice).
const DICE: [(&str, u8); 6] = [
    ("\u{1f3b2}", 6),
    ("\u{1f3af}", 6),
    ("\u{1f3c0}", 5),
    ("\u{26bd}", 5),
    ("\u{1f3b0}", 64),
    ("\u{1f3b3}", 6),
];

impl Method for tl::messages::SendMedia {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::Updates, RpcError> {
        refuse_options(&self)?;
        // A call that is run again draws again; nobody has seen the first throw then.
        let chance = ctx.rng.u64();
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let known = views::input_peer(sight, by, &self.peer)?;
            let entities = views::parse_entities(sight, by, self.entities.as_deref().unwrap_or_default())?;
            let new = NewMessage {
                to: Allowed::to_write(tx, by, known)?,
                random_id: RandomId(self.random_id),
                text: FormattedText::caption(self.message.clone(), entities)?,
                media: Some(media(tx, by, &self.media, (sight, chance, now))?),
                reply: reply_to(sight, by, known, self.reply_to.as_ref())?,
                silent: self.silent,
                clear_draft: self.clear_draft,
            };
            let message = message::send(tx, by, new, now)?;
            sent_one(tx, sight, by, message, now)
        })
    }
}

fn media(
    tx: &Tx<'_>,
    by: Authed,
    input: &tl::InputMedia,
    (hashes, chance, now): (&AccessHashes, u64, UnixTime),
) -> Result<Media, RpcError> {
    match input {
        tl::InputMedia::InputMediaPoll(input) => poll(hashes, by, input, (chance, now)),
        tl::InputMedia::InputMediaDice { emoticon } => dice(emoticon, chance),
        tl::InputMedia::InputMediaContact(card) => card_of(tx, by, card),
        tl::InputMedia::InputMediaGeoPoint { geo_point } => Ok(Media::Geo { place: place(geo_point)? }),
        tl::InputMedia::InputMediaVenue(venue) => {
            let place = place(&venue.geo_point)?;
            Ok(Media::Venue {
                place,
                title: short(&venue.title)?,
                address: short(&venue.address)?,
                provider: short(&venue.provider)?,
                venue_id: short(&venue.venue_id)?,
                venue_type: short(&venue.venue_type)?,
            })
        }
        tl::InputMedia::InputMediaDocument(_)
        | tl::InputMedia::InputMediaDocumentExternal(_)
        | tl::InputMedia::InputMediaEmpty
        | tl::InputMedia::InputMediaGame(_)
        | tl::InputMedia::InputMediaGeoLive(_)
        | tl::InputMedia::InputMediaInvoice(_)
        | tl::InputMedia::InputMediaPaidMedia(_)
        | tl::InputMedia::InputMediaPhoto(_)
        | tl::InputMedia::InputMediaPhotoExternal { .. }
        | tl::InputMedia::InputMediaStakeDice(_)
        | tl::InputMedia::InputMediaStory { .. }
        | tl::InputMedia::InputMediaTodo(_)
        | tl::InputMedia::InputMediaUploadedDocument(_)
        | tl::InputMedia::InputMediaUploadedPhoto(_)
        | tl::InputMedia::InputMediaWebPage { .. } => Err(RpcError::MediaInvalid),
    }
}

fn dice(emoticon: &str, chance: u64) -> Result<Media, RpcError> {
    // The football comes with and without the mark that asks for its picture.
    let plain = emoticon.trim_end_matches('\u{fe0f}');
    let (emoji, ends) = DICE.iter().find(|(emoji, _)| *emoji == plain).ok_or(RpcError::EmoticonInvalid)?;
    let thrown = chance % u64::from(*ends);
    let value = u8::try_from(thrown).unwrap_or_default().saturating_add(1);
    Ok(Media::Dice { emoji: (*emoji).to_owned(), value })
}

fn card_of(tx: &Tx<'_>, by: Authed, card: &fields::InputMediaContact) -> Result<Media, RpcError> {
    let phone = PhoneNumber::parse(&card.phone_number)?;
    let name = ContactName::parse(&card.first_name, &card.last_name);
    if name.first().is_empty() {
        return Err(RpcError::ContactNameEmpty);
    }
    Ok(Media::Contact {
        phone: phone.digits(),
        first_name: name.first().to_owned(),
        last_name: name.last().to_owned(),
        vcard: short(&card.vcard)?,
        user: contact::by_phone(tx, by, phone)?,
    })
}

fn place(input: &tl::InputGeoPoint) -> Result<Place, RpcError> {
    let tl::InputGeoPoint::InputGeoPoint { lat, long, accuracy_radius } = input else {
        return Err(RpcError::MediaInvalid);
    };
    Ok(Place {
        latitude: Degrees::within(*lat, 90.0).ok_or(RpcError::MediaInvalid)?,
        longitude: Degrees::within(*long, 180.0).ok_or(RpcError::MediaInvalid)?,
        accuracy_m: accuracy_radius.and_then(|metres| u32::try_from(metres).ok()),
    })
}

fn short(text: &str) -> Result<String, RpcError> {
    if text.len() > MEDIA_TEXT_BYTES_MAX { Err(RpcError::MediaInvalid) } else { Ok(text.to_owned()) }
}

fn refuse_options(call: &tl::messages::SendMedia) -> Result<(), RpcError> {
    refuse_kinds(
        call.reply_markup.is_some(),
        call.schedule_date.is_some() || call.schedule_repeat_period.is_some(),
        call.send_as.is_some(),
    )?;
    let promises = call.noforwards
        || call.quick_reply_shortcut.is_some()
        || call.effect.is_some()
        || call.allow_paid_stars.is_some()
        || call.suggested_post.is_some();
    if promises { Err(RpcError::OptionNotSupported) } else { Ok(()) }
}
