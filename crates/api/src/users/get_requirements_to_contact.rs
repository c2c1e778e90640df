//! users.getRequirementsToContact: what it takes to write to somebody, which is nothing.
//!
//! The answer is the same whoever is asked about, so names are not looked up, only their access hashes. Errors:
//! USER_ID_INVALID, LIMIT_INVALID. Source: <https://core.telegram.org/method/users.getRequirementsToContact>.

use ids::limits::USERS_PER_CALL_MAX;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::users::GetRequirementsToContact {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<Vec<tl::RequirementToContact>, RpcError> {
        if self.id.len() > USERS_PER_CALL_MAX {
            return Err(RpcError::LimitInvalid);
        }
        let sight = &ctx.sight();
        ctx.read(|_, by| {
            let none = |user| match views::input_user(sight, by, user) {
                Ok(_known) => Ok(tl::RequirementToContact::RequirementToContactEmpty),
                Err(_) => Err(RpcError::UserIdInvalid),
            };
            self.id.iter().map(none).collect()
        })
    }
}
