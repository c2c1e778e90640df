//! Which packets are looked at: salt, message id, time and form, in this order.
//!
//! Invariant: nothing of a refused packet is executed, and a refusal names the outer message. The salt comes first: a
//! client whose clock is wrong as well keeps its session that way. Only the outer id must be timely; an inner one may
//! be old, that is how clients resend. Source: docs, mtproto/service_messages_about_messages, "Notice of ignored
//! error message"; mtproto/security_guidelines, "Checking msg_id".

use ids::limits::{MSG_ID_FUTURE_S_MAX, MSG_ID_PAST_S_MAX};
use ids::{Now, WireMsgId};
use tl::codec::Encode;
use tl::mt::BadMsgNotification;

use crate::container::ContainerError;
use crate::plain;
use crate::session::bad_msg;

/// `bad_msg_notification`: the id is too far back, or one that no clock makes, or a replay's.
pub(super) const TOO_LOW: i32 = 16;
/// `bad_msg_notification`: the id is from the future.
const TOO_HIGH: i32 = 17;
/// `bad_msg_notification`: the id is not one of a client.
const NOT_A_CLIENTS: i32 = 18;
/// `bad_msg_notification`: a container whose id was here before.
pub(super) const CONTAINER_REPEATED: i32 = 19;
/// `bad_msg_notification`: the id is below what is remembered.
pub(super) const FORGOTTEN: i32 = 20;
/// `bad_server_salt`.
const WRONG_SALT: i32 = 48;
/// `bad_msg_notification`: a container against the rules.
const BAD_CONTAINER: i32 = 64;

/// Why a packet is not looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refusal {
    /// Its salt is not valid now; this one is.
    Salt(u64),
    /// `bad_msg_notification` with this code.
    Bad(i32),
}

impl Refusal {
    /// What the client is told.
    pub(super) fn to_bytes(self, msg_id: WireMsgId, seqno: u32) -> Vec<u8> {
        match self {
            Self::Salt(salt) => BadMsgNotification::BadServerSalt {
                bad_msg_id: msg_id.0.cast_signed(),
                bad_msg_seqno: seqno.cast_signed(),
                error_code: WRONG_SALT,
                new_server_salt: salt.cast_signed(),
            }
            .to_bytes(),
            Self::Bad(code) => bad_msg(msg_id, seqno, code).to_bytes(),
        }
    }
}

impl From<ContainerError> for Refusal {
    fn from(error: ContainerError) -> Self {
        match error {
            ContainerError::Malformed => Self::Bad(BAD_CONTAINER),
            ContainerError::InnerId => Self::Bad(NOT_A_CLIENTS),
        }
    }
}

/// Judges the id of a packet.
///
/// An id whose lower half is zero gets the code of an old one although it is a client's: clients with a clock of whole
/// milliseconds make one in a thousand, and at that code they send again under another id.
///
/// `set_back_ms`: how far the clock is behind for having been set back. What was too old before stays so.
pub(super) fn check_id(msg_id: WireMsgId, now: Now, set_back_ms: u64) -> Result<(), Refusal> {
    if !msg_id.0.is_multiple_of(4) {
        return Err(Refusal::Bad(NOT_A_CLIENTS));
    }
    let clock = i128::from(plain::request_id(now).0);
    let latest = i128::from(plain::request_id(now.plus_ms(set_back_ms)).0);
    let ahead = i128::from(msg_id.0) - clock;
    if i128::from(msg_id.0) < latest - (i128::from(MSG_ID_PAST_S_MAX) << 32)
        || msg_id.0.is_multiple_of(1 << 32)
    {
        Err(Refusal::Bad(TOO_LOW))
    } else if ahead > i128::from(MSG_ID_FUTURE_S_MAX) << 32 {
        Err(Refusal::Bad(TOO_HIGH))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ids::{Now, WireMsgId};

    use super::{NOT_A_CLIENTS, Refusal, TOO_HIGH, TOO_LOW, check_id};

    #[test]
    fn t6_time_borders() {
        let now = Now { wall_ns: 1_700_000_000_500_000_000, mono_ms: 0 };
        let clock = (1_700_000_000_i64 << 32) + (1 << 31);
        let second = 1_i64 << 32;
        let table = [
            (0, Ok(())),
            (-300 * second, Ok(())),
            (-300 * second - 4, Err(Refusal::Bad(TOO_LOW))),
            (-301 * second, Err(Refusal::Bad(TOO_LOW))),
            (30 * second, Ok(())),
            (30 * second + 4, Err(Refusal::Bad(TOO_HIGH))),
            (31 * second, Err(Refusal::Bad(TOO_HIGH))),
            (1, Err(Refusal::Bad(NOT_A_CLIENTS))),
            (2, Err(Refusal::Bad(NOT_A_CLIENTS))),
            (3, Err(Refusal::Bad(NOT_A_CLIENTS))),
            (-(1 << 31), Err(Refusal::Bad(TOO_LOW))),
        ];
        for (offset, expected) in table {
            let id = WireMsgId((clock + offset) as u64);
            assert_eq!(check_id(id, now, 0), expected, "{offset}");
        }
        for (offset, expected) in [(-290 * second, Ok(())), (-290 * second - 4, Err(Refusal::Bad(TOO_LOW)))] {
            assert_eq!(check_id(WireMsgId((clock + offset) as u64), now, 10_000), expected, "{offset}");
        }
        assert_eq!(check_id(WireMsgId((clock + 30 * second) as u64), now, 10_000), Ok(()));
        for id in [0, 4, u64::MAX - 3, 1 << 63] {
            assert!(check_id(WireMsgId(id), now, 0).is_err());
        }
    }
}
