//! The end of a login: the driver hears of it, the client gets `auth.authorization`.

use domain::Authed;
use tl::fields;

use crate::{Ctx, Effect};

pub(crate) fn authorization(ctx: &mut Ctx<'_>, by: Authed, user: tl::User) -> tl::auth::Authorization {
    ctx.cause(Effect::SignedIn { key: by.key(), user: by.user() });
    fields::auth::Authorization {
        setup_password_required: false,
        otherwise_relogin_days: None,
        tmp_sessions: None,
        future_auth_token: None,
        user,
    }
    .into()
}
