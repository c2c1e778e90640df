//! account.updateProfile: the caller's name, and what he says of himself.
//!
//! What is absent stays as it is. Errors: FIRSTNAME_INVALID, LASTNAME_INVALID, ABOUT_TOO_LONG.
//! Source: <https://core.telegram.org/method/account.updateProfile>.

use domain::account::{self, NewProfile};
use domain::{About, PersonName};

use crate::{Access, Change, Ctx, Effect, Method, RpcError};

impl Method for tl::account::UpdateProfile {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::User, RpcError> {
        let about = self.about.as_deref().map(About::parse).transpose()?;
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        let (by, user, is_new) = ctx.write(|tx, by| {
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
            let is_new = account::change(tx, by, NewProfile { name, about: about.clone() }, now)?;
            Ok((by, views::user(tx, sight, by.user(), by.user())?, is_new))
        })?;
        if is_new {
            ctx.cause(Effect::Changed { user: by.user(), what: Change::Name });
        }
        Ok(user)
    }
}
