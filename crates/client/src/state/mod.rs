//! What a client has of its account, kept by updates and differences alone: a counter that decides what is applied, once and in
//! order, and the chats that it is applied to.
//!
//! Nothing here has a socket or a clock: updates, answers and the time come in, changes and the wish for a difference come out.
//! Source: <https://core.telegram.org/api/updates>.

mod chats;
mod counter;
mod own;

pub(crate) use chats::draft;
pub use chats::{Chat, Chats, user as peer_user};
pub use counter::{Change, Counter};
pub use own::{Own, Told, told};
