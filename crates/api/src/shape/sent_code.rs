//! The answer to a call that sent a login code.

use domain::PhoneNumber;
use domain::login::Issued;
use ids::limits::CODE_AGAIN_S;
use tl::fields;

use crate::{Ctx, Effect};

/// Sends the code; clients offer to send another one when the server will.
pub(crate) fn sent_code(ctx: &mut Ctx<'_>, phone: PhoneNumber, issued: Issued) -> tl::auth::SentCode {
    let length = i32::try_from(issued.code.expose().len()).unwrap_or(i32::MAX);
    let phone_code_hash = issued.hash.to_text();
    ctx.cause(Effect::SendCode { phone, code: issued.code });
    fields::auth::SentCode {
        r#type: tl::auth::SentCodeType::SentCodeTypeSms { length },
        phone_code_hash,
        next_type: Some(tl::auth::CodeType::CodeTypeSms),
        timeout: i32::try_from(CODE_AGAIN_S).ok(),
    }
    .into()
}
