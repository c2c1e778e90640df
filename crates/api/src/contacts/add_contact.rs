//! contacts.addContact: puts a user whose number the caller knows into his book, or renames him there.
//!
//! Number, first and last name are kept and nothing else: a note is dropped (P26). The exception of privacy is about the
//! caller's own number, which whoever has him in his book sees in any case. Errors: PEER_ID_INVALID, CONTACT_ID_INVALID, CONTACT_NAME_EMPTY,
//! PHONE_NUMBER_INVALID, CONTACT_REQ_MISSING when neither the call nor the profile names the number.
//! Source: <https://core.telegram.org/method/contacts.addContact>.

use domain::contact::{self, AddError};
use domain::{ContactName, PhoneNumber};

use crate::shape::changed_users;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::contacts::AddContact {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::Updates, RpcError> {
        let phone = match self.phone.as_str() {
            "" => None,
            phone => Some(PhoneNumber::parse(phone)?),
        };
        let name = ContactName::parse(&self.first_name, &self.last_name);
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let user = views::input_user(sight, by, &self.id)?;
            contact::add(tx, by, user, phone, name.clone(), now)?;
            Ok(changed_users(tx, sight, by, &[user.user()], now)?)
        })
    }
}

impl From<AddError> for RpcError {
    fn from(error: AddError) -> Self {
        match error {
            AddError::NotFound => Self::ContactIdInvalid,
            AddError::Name => Self::ContactNameEmpty,
            AddError::Phone => Self::ContactReqMissing,
            AddError::Full => Self::LimitInvalid,
            AddError::Append(error) => error.into(),
        }
    }
}
