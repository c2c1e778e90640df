//! `UserStatus`: when somebody was there last, as one viewer sees it.
//!
//! Source: <https://core.telegram.org/type/UserStatus>.

use domain::presence::Status;

/// A status.
pub fn user_status(status: Status) -> tl::UserStatus {
    match status {
        Status::Empty => tl::UserStatus::UserStatusEmpty,
        Status::Online { expires } => tl::UserStatus::UserStatusOnline { expires: expires.as_int() },
        Status::Offline { was_online } => {
            tl::UserStatus::UserStatusOffline { was_online: was_online.as_int() }
        }
        Status::Recently { by_me } => tl::UserStatus::UserStatusRecently { by_me },
        Status::LastWeek { by_me } => tl::UserStatus::UserStatusLastWeek { by_me },
        Status::LastMonth { by_me } => tl::UserStatus::UserStatusLastMonth { by_me },
    }
}
