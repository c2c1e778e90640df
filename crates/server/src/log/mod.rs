//! Structured logs that cannot hold user data (P31, A20).
//!
//! An event is a variant of `Event`; its fields are [`LogSafe`]: yes or no, counts, durations, words of a fixed
//! list. A text that came from outside has no way in: `Value` has no variant for it. Lines go to standard error
//! through a thread of their own, so that a reader who stops reading does not stop the server.
mod event;
mod line;
mod sink;

pub(crate) use event::{Event, VaultFault};
pub use line::Level;
pub use sealed::log::{Count, LogSafe, Port, SourceLine, Took, Value};
pub(crate) use sealed::log_words;
pub use sink::Log;
