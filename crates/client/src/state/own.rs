//! What a call has told or done, by its question and its answer: some answers are updates, some say the counter alone, and
//! what was done then stands in the question.

use tl::{Decode, DecodeError, Function};

/// What a client has done itself. It may be applied late or twice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Own {
    /// Deleted messages.
    Deleted {
        /// Their numbers.
        ids: Vec<i32>,
    },
    /// Read a chat up to a number.
    Read {
        /// With whom.
        user: i64,
        /// The number.
        max_id: i32,
    },
    /// Deleted all of a chat up to a number.
    Cleared {
        /// With whom.
        user: i64,
        /// The number.
        max_id: i32,
    },
}

/// What an answer means to the counter.
pub enum Told {
    /// Nothing.
    Nothing,
    /// It is updates.
    Updates(tl::Updates),
    /// It says where the counter is after something that the question says.
    Own {
        /// The counter.
        pts: i32,
        /// How far it moved.
        pts_count: i32,
        /// What was done.
        own: Own,
    },
    /// Something was done that neither says.
    Unknown,
}

/// What the answer to a call means to its caller's counter; both in the canonical layer, `me` being who calls and `top` the
/// last message that he knew when he asked. What was done up to the end of a chat, by 0 or by a number above that, is not
/// known from the question: only the server knows where the end was.
///
/// # Errors
/// When one of them cannot be read.
pub fn told(me: i64, top: i32, question: &[u8], answer: &[u8]) -> Result<Told, DecodeError> {
    let id = tl::Reader::new(question).peek_id()?;
    let result = tl::schema::by_id(id).map(tl::schema::Version::result).unwrap_or_default();
    match result.as_str() {
        "Updates" => Ok(Told::Updates(tl::Updates::from_bytes(answer)?)),
        "messages.AffectedMessages" => {
            let tl::messages::AffectedMessages::AffectedMessages { pts, pts_count } =
                Decode::from_bytes(answer)?;
            Ok(affected(pts, pts_count, done(me, top, id, question)?))
        }
        "messages.AffectedHistory" => {
            let tl::messages::AffectedHistory::AffectedHistory { pts, pts_count, offset } =
                Decode::from_bytes(answer)?;
            // One step of several has not done all that the question says.
            let own = if offset == 0 { done(me, top, id, question)? } else { None };
            Ok(affected(pts, pts_count, own))
        }
        "messages.AffectedFoundMessages" => Ok(Told::Unknown),
        _ => Ok(Told::Nothing),
    }
}

fn affected(pts: i32, pts_count: i32, own: Option<Own>) -> Told {
    if pts_count == 0 {
        return Told::Nothing;
    }
    own.map_or(Told::Unknown, |own| Told::Own { pts, pts_count, own })
}

fn done(me: i64, top: i32, id: u32, question: &[u8]) -> Result<Option<Own>, DecodeError> {
    let was_there = |max_id| (1..=top).contains(&max_id);
    Ok(match id {
        tl::messages::DeleteMessages::ID => {
            Some(Own::Deleted { ids: tl::messages::DeleteMessages::from_bytes(question)?.id })
        }
        tl::messages::ReadHistory::ID => {
            let call = tl::messages::ReadHistory::from_bytes(question)?;
            let with = user(me, &call.peer).filter(|_| was_there(call.max_id));
            with.map(|user| Own::Read { user, max_id: call.max_id })
        }
        tl::messages::DeleteHistory::ID => {
            let call = tl::messages::DeleteHistory::from_bytes(question)?;
            let is_whole = call.min_date.is_none() && call.max_date.is_none();
            let with = user(me, &call.peer).filter(|_| is_whole && was_there(call.max_id));
            with.map(|user| Own::Cleared { user, max_id: call.max_id })
        }
        _ => None,
    })
}

fn user(me: i64, peer: &tl::InputPeer) -> Option<i64> {
    match peer {
        tl::InputPeer::InputPeerSelf => Some(me),
        tl::InputPeer::InputPeerUser { user_id, .. } => Some(*user_id),
        tl::InputPeer::InputPeerEmpty
        | tl::InputPeer::InputPeerChat { .. }
        | tl::InputPeer::InputPeerChannel { .. }
        | tl::InputPeer::InputPeerUserFromMessage { .. }
        | tl::InputPeer::InputPeerChannelFromMessage { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use tl::Encode;

    use super::*;

    const ME: i64 = 1;
    const TOP: i32 = 9;

    fn read(max_id: i32) -> Told {
        let peer = tl::InputPeer::InputPeerUser { user_id: 5, access_hash: 0 };
        let question = tl::messages::ReadHistory { peer, max_id };
        let answer = tl::messages::AffectedMessages::AffectedMessages { pts: 20, pts_count: 1 };
        told(ME, TOP, &question.to_bytes(), &answer.to_bytes()).unwrap()
    }

    /// Up to 0, or to a number beyond the last, is up to an end that the server alone knows.
    #[test]
    fn only_a_number_that_was_there_says_what_was_done() {
        for max_id in [1, TOP] {
            let own = Own::Read { user: 5, max_id };
            assert!(matches!(read(max_id), Told::Own { pts: 20, pts_count: 1, own: it } if it == own));
        }
        for max_id in [i32::MIN, 0, TOP + 1, i32::MAX] {
            assert!(matches!(read(max_id), Told::Unknown), "{max_id}");
        }
    }
}
