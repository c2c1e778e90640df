//! help.getAppConfig: what clients should not offer, because this server does not have it.
//!
//! A key that is missing is replaced by the client's own default, so only what differs from that is named.
//! Source: <https://core.telegram.org/api/config#client-configuration>.

use tl::fields;

use crate::{Access, Ctx, Method, RpcError};

/// Version of the list below; a client that holds it is told that nothing changed.
const HASH: i32 = 2;

impl Method for tl::help::GetAppConfig {
    const ACCESS: Access = Access::Anyone;

    fn call(self, _: &mut Ctx<'_>) -> Result<tl::help::AppConfig, RpcError> {
        if self.hash == HASH {
            return Ok(tl::help::AppConfig::AppConfigNotModified);
        }
        Ok(tl::help::AppConfig::AppConfig {
            hash: HASH,
            config: tl::JSONValue::JsonObject { value: values() },
        })
    }
}

fn values() -> Vec<tl::JSONObjectValue> {
    let text = |value: &str| tl::JSONValue::JsonString { value: value.to_owned() };
    let yes = || tl::JSONValue::JsonBool { value: true };
    let none = || tl::JSONValue::JsonArray { value: Vec::new() };
    let entries = [
        // When somebody read a message is not kept: messages.getOutboxReadDate says that it is too long ago.
        ("pm_read_date_expire_period", tl::JSONValue::JsonNumber { value: 0.0 }),
        ("stories_posting", text("disabled")),
        ("stories_all_hidden", yes()),
        ("premium_purchase_blocked", yes()),
        ("stars_purchase_blocked", yes()),
        ("stargifts_blocked", yes()),
        ("autologin_domains", none()),
        ("url_auth_domains", none()),
        ("whitelisted_domains", none()),
    ];
    let entry = |(key, value): (&str, tl::JSONValue)| {
        tl::JSONObjectValue::from(fields::JsonObjectValue { key: key.to_owned(), value })
    };
    entries.into_iter().map(entry).collect()
}
