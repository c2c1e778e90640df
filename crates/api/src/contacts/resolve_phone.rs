//! contacts.resolvePhone: whose number it is.
//!
//! Only numbers that the caller has in his book, and his own, are answered; whether any other has an account is not told
//! (A2): an address book that is imported is counted, and this would not be. Errors: PHONE_NUMBER_INVALID,
//! PHONE_NOT_OCCUPIED. Source: <https://core.telegram.org/method/contacts.resolvePhone>.

use domain::{PhoneNumber, contact};

use crate::shape::resolved;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::contacts::ResolvePhone {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::contacts::ResolvedPeer, RpcError> {
        let phone = PhoneNumber::parse(&self.phone)?;
        let sight = &ctx.sight();
        ctx.read(|tx, by| {
            let user = contact::by_phone(tx, by, phone)?.ok_or(RpcError::PhoneNotOccupied)?;
            Ok(resolved(tx, sight, by, user)?)
        })
    }
}
