//! contacts.deleteByPhones: takes numbers out of the caller's book, with what says that he had them (P27).
//!
//! What is not a number is in no book. Errors: LIMIT_INVALID.
//! Source: <https://core.telegram.org/method/contacts.deleteByPhones>.

use domain::{PhoneNumber, contact};
use ids::limits::IMPORT_CONTACTS_MAX;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::contacts::DeleteByPhones {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        if self.phones.len() > IMPORT_CONTACTS_MAX {
            return Err(RpcError::LimitInvalid);
        }
        let phones: Vec<_> = self.phones.iter().filter_map(|phone| PhoneNumber::parse(phone).ok()).collect();
        ctx.write(|tx, by| {
            contact::remove_phones(tx, by, &phones)?;
            Ok(true)
        })
    }
}
