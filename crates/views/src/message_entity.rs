//! `MessageEntity`: what is marked in a text. Offsets and lengths are in UTF-16 units on both sides.
//!
//! Source: <https://core.telegram.org/api/entities>.

use domain::message::{Entity, EntityKind};
use domain::{AccessHashes, Authed};

use crate::peer::input_user;

/// Why entities cannot be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntityError {
    /// A negative or huge offset or length.
    Bounds,
    /// A mention of a user whom the caller does not know.
    Mention,
}

/// The entities of a message as clients read them; `None` for none.
pub fn entities(entities: &[Entity]) -> Option<Vec<tl::MessageEntity>> {
    if entities.is_empty() { None } else { Some(entities.iter().map(entity).collect()) }
}

/// The entities that a client sent. Those of a kind that only a server writes, and kinds of layers to come, are
/// left out, as the documentation has it.
///
/// # Errors
/// The [`EntityError`].
pub fn parse_entities(
    hashes: &AccessHashes,
    by: Authed,
    entities: &[tl::MessageEntity],
) -> Result<Vec<Entity>, EntityError> {
    entities.iter().filter_map(|entity| parse(hashes, by, entity).transpose()).collect()
}

macro_rules! entity_kinds {
    ($($domain:ident => $variant:ident,)+) => {
        fn entity(entity: &Entity) -> tl::MessageEntity {
            let (offset, length) = (i32::from(entity.offset_units), i32::from(entity.length_units));
            match &entity.kind {
                $(EntityKind::$domain => tl::MessageEntity::$variant { offset, length },)+
                EntityKind::Pre { language } => {
                    tl::MessageEntity::MessageEntityPre { offset, length, language: language.clone() }
                }
                EntityKind::TextUrl { url } => {
                    tl::MessageEntity::MessageEntityTextUrl { offset, length, url: url.clone() }
                }
                EntityKind::MentionName { user } => tl::MessageEntity::MessageEntityMentionName {
                    offset,
                    length,
                    user_id: user.user().0,
                },
                EntityKind::Blockquote { collapsed } => {
                    tl::MessageEntity::MessageEntityBlockquote { collapsed: *collapsed, offset, length }
                }
                EntityKind::CustomEmoji { document_id } => tl::MessageEntity::MessageEntityCustomEmoji {
                    offset,
                    length,
                    document_id: *document_id,
                },
                EntityKind::FormattedDate { style, date } => formatted_date(*style, *date, offset, length),
            }
        }

        fn parse(
            hashes: &AccessHashes,
            by: Authed,
            entity: &tl::MessageEntity,
        ) -> Result<Option<Entity>, EntityError> {
            Ok(Some(match entity {
                $(tl::MessageEntity::$variant { offset, length } => {
                    stretch(*offset, *length, EntityKind::$domain)?
                })+
                tl::MessageEntity::MessageEntityPre { offset, length, language } => {
                    stretch(*offset, *length, EntityKind::Pre { language: language.clone() })?
                }
                tl::MessageEntity::MessageEntityTextUrl { offset, length, url } => {
                    stretch(*offset, *length, EntityKind::TextUrl { url: url.clone() })?
                }
                tl::MessageEntity::InputMessageEntityMentionName(mention) => {
                    let known = input_user(hashes, by, &mention.user_id).map_err(|_| EntityError::Mention)?;
                    stretch(mention.offset, mention.length, EntityKind::MentionName { user: known.into() })?
                }
                tl::MessageEntity::MessageEntityBlockquote { collapsed, offset, length } => {
                    stretch(*offset, *length, EntityKind::Blockquote { collapsed: *collapsed })?
                }
                tl::MessageEntity::MessageEntityCustomEmoji { offset, length, document_id } => {
                    stretch(*offset, *length, EntityKind::CustomEmoji { document_id: *document_id })?
                }
                tl::MessageEntity::MessageEntityFormattedDate {
                    relative,
                    short_time,
                    long_time,
                    short_date,
                    long_date,
                    day_of_week,
                    offset,
                    length,
                    date,
                } => {
                    let flags = [*relative, *short_time, *long_time, *short_date, *long_date, *day_of_week];
                    let style = flags.iter().rev().fold(0, |style, &flag| style << 1 | u8::from(flag));
                    stretch(*offset, *length, EntityKind::FormattedDate { style, date: *date })?
                }
                tl::MessageEntity::MessageEntityMentionName { .. }
                | tl::MessageEntity::MessageEntityDiffDelete { .. }
                | tl::MessageEntity::MessageEntityDiffInsert { .. }
                | tl::MessageEntity::MessageEntityDiffReplace { .. } => return Ok(None),
            }))
        }
    };
}

entity_kinds! {
    Unknown => MessageEntityUnknown,
    Mention => MessageEntityMention,
    Hashtag => MessageEntityHashtag,
    BotCommand => MessageEntityBotCommand,
    Url => MessageEntityUrl,
    Email => MessageEntityEmail,
    Bold => MessageEntityBold,
    Italic => MessageEntityItalic,
    Code => MessageEntityCode,
    Phone => MessageEntityPhone,
    Cashtag => MessageEntityCashtag,
    Underline => MessageEntityUnderline,
    Strike => MessageEntityStrike,
    BankCard => MessageEntityBankCard,
    Spoiler => MessageEntitySpoiler,
    TonAddress => MessageEntityTonAddress,
}

fn stretch(offset: i32, length: i32, kind: EntityKind) -> Result<Entity, EntityError> {
    let units = |number: i32| u16::try_from(number).map_err(|_outside| EntityError::Bounds);
    Ok(Entity { offset_units: units(offset)?, length_units: units(length)?, kind })
}

/// The style is the six flags of the constructor, lowest bit first.
fn formatted_date(style: u8, date: i32, offset: i32, length: i32) -> tl::MessageEntity {
    let flag = |bit: u8| style & 1 << bit != 0;
    tl::MessageEntity::MessageEntityFormattedDate {
        relative: flag(0),
        short_time: flag(1),
        long_time: flag(2),
        short_date: flag(3),
        long_date: flag(4),
        day_of_week: flag(5),
        offset,
        length,
        date,
    }
}
