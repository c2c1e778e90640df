//! What a method is: a call of the schema with an access rule and one function.

use crate::{Ctx, RpcError};

/// Who may call a method.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Any key, also a temporary one that is not bound yet (T12), also before initConnection.
    Unbound,
    /// Any permanent or bound key, with or without a user.
    Anyone,
    /// A key with a user. The handler proves it again in its transaction (`Ctx::read`, `Ctx::write`).
    User,
}

/// An implemented method.
pub trait Method: tl::Function {
    /// Who may call it.
    const ACCESS: Access;

    /// Does what is asked, and answers.
    ///
    /// # Errors
    /// As the method's own documentation lists them. Nothing is written then, and no effect is caused.
    fn call(self, ctx: &mut Ctx<'_>) -> Result<Self::Result, RpcError>;
}
