//! initConnection: what the client says of itself, around its first calls.
//!
//! TDLib repeats it around every call until one succeeds. The proxy is read and dropped: it is nobody's business.
//! Source: <https://core.telegram.org/method/initConnection>.

use ids::limits::INIT_FIELD_BYTES_MAX;
use tl::codec::{Decode, DecodeError, Reader};
use tl::{InputClientProxy, JSONObjectValue, JSONValue};

use super::{Wrapped, WrapperError};
use crate::server::InitConnection;

pub(super) const ID: u32 = 0xc1cd_5ea9;

/// The parameter that holds the seconds east of UTC.
const TZ_OFFSET: &str = "tz_offset";

pub(super) fn read(reader: &mut Reader<'_>, wrapped: &mut Wrapped) -> Result<(), WrapperError> {
    let flags = reader.u32()?;
    let api_id = i32::decode(reader)?;
    let mut said = InitConnection {
        api_id,
        device_model: text(reader)?,
        system_version: text(reader)?,
        app_version: text(reader)?,
        system_lang_code: text(reader)?,
        lang_pack: text(reader)?,
        lang_code: text(reader)?,
        tz_offset_s: None,
    };
    reader.optional::<InputClientProxy>(flags, 0)?;
    said.tz_offset_s = reader.optional::<JSONValue>(flags, 1)?.as_ref().and_then(tz_offset_s);
    wrapped.init = Some(Box::new(said));
    Ok(())
}

/// A text field, cut to size. What is not UTF-8 is replaced: no client is refused for the name of its device.
fn text(reader: &mut Reader<'_>) -> Result<String, DecodeError> {
    let mut text = String::from_utf8_lossy(reader.bytes()?).into_owned();
    text.truncate(text.floor_char_boundary(INIT_FIELD_BYTES_MAX));
    text.shrink_to_fit();
    Ok(text)
}

fn tz_offset_s(params: &JSONValue) -> Option<i32> {
    let JSONValue::JsonObject { value: members } = params else { return None };
    members.iter().find_map(|JSONObjectValue::JsonObjectValue(member)| match &member.value {
        JSONValue::JsonNumber { value } if member.key == TZ_OFFSET => whole(*value),
        JSONValue::JsonArray { .. }
        | JSONValue::JsonBool { .. }
        | JSONValue::JsonNull
        | JSONValue::JsonNumber { .. }
        | JSONValue::JsonObject { .. }
        | JSONValue::JsonString { .. } => None,
    })
}

/// A double that is a number of seconds within a day, as an integer.
#[allow(clippy::cast_possible_truncation, reason = "at most a day of seconds, checked before")]
fn whole(seconds: f64) -> Option<i32> {
    (seconds.abs() <= 86_400.0).then_some(seconds as i32)
}
