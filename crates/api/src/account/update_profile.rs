//! account.updateProfile: the caller's name, and what he says of himself.
//!
//! What is absent stays as it is. Errors: FIRSTNAME_INVALID, LASTNAME_INVALID, ABOUT_TOO_LONG.
//! Source: <https://core.telegram.org/method/account.updateProfile>.

use domain::account::{self, NewProfile};
use domain::{About, PersonName};

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::account::UpdateProfile {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::User, RpcError> {
        let about = self.about.as_deref().map(About::parse).transpose()?;
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let name = match (&self.first_name, &self.last_name) {
                (None, None) => None,
                (first, last) => {
                    // Half a name is completed by the half that stays.
                    let before = account::find(tx, by.user())?.map(|account| account.name);
                    let before = |part: fn(&PersonName) -> &str| before.as_ref().map_or("", part);
                    let first = first.as_deref().unwrap_or_else(|| before(PersonName::first));
                    Some(PersonName::parse(
                        first,
                        last.as_deref().unwrap_or_else(|| before(PersonName::last)),
                    )?)
                }
            };
            account::change(tx, by, NewProfile { name, about: about.clone() }, now)?;
            Ok(views::user(tx, sight, by.user(), by.user())?)
        })
    }
}
