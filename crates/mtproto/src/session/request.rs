//! What a client's message asks of the session itself; everything else is a call.
//!
//! Source: docs, mtproto/service_messages and mtproto/service_messages_about_messages.

use ids::{SessionId, WireMsgId};
use tl::codec::{Decode, DecodeError, Reader};
use tl::mt;

/// A service message.
pub(crate) enum Request {
    /// `msgs_ack`.
    Acks(Vec<WireMsgId>),
    /// `ping`.
    Ping { ping_id: i64 },
    /// `ping_delay_disconnect`.
    PingDelayDisconnect { ping_id: i64, delay_s: i32 },
    /// `get_future_salts`.
    FutureSalts { count: i32 },
    /// `msgs_state_req`.
    States(Vec<WireMsgId>),
    /// `msg_resend_req`: these messages of ours.
    Resend(Vec<WireMsgId>),
    /// `msg_resend_ans_req`: the answers to these messages.
    ResendAnswers(Vec<WireMsgId>),
    /// `rpc_drop_answer`.
    DropAnswer(WireMsgId),
    /// `destroy_session`.
    DestroySession(SessionId),
    /// `destroy_auth_key`.
    DestroyAuthKey,
    /// Something that needs no answer and changes nothing: `http_wait`, since HTTP is not served, and the messages
    /// only servers send.
    Nothing,
}

const MSGS_ACK: u32 = 0x62d6_b459;
const PING: u32 = <mt::Ping as tl::Function>::ID;
const PING_DELAY_DISCONNECT: u32 = <mt::PingDelayDisconnect as tl::Function>::ID;
const GET_FUTURE_SALTS: u32 = <mt::GetFutureSalts as tl::Function>::ID;
const MSGS_STATE_REQ: u32 = 0xda69_fb52;
const MSG_RESEND_REQ: u32 = 0x7d86_1a08;
const MSG_RESEND_ANS_REQ: u32 = 0x8610_baeb;
const RPC_DROP_ANSWER: u32 = <mt::RpcDropAnswer as tl::Function>::ID;
const DESTROY_SESSION: u32 = <mt::DestroySession as tl::Function>::ID;
const DESTROY_AUTH_KEY: u32 = <mt::DestroyAuthKey as tl::Function>::ID;
const IGNORED: [u32; 11] = [
    0x9299_359f, // http_wait
    0x04de_b57d, // msgs_state_info
    0x8cc0_d131, // msgs_all_info
    0x276d_3ec6, // msg_detailed_info
    0x809d_b6df, // msg_new_detailed_info
    0xa7ef_f811, // bad_msg_notification
    0xedab_447b, // bad_server_salt
    0x9ec2_0908, // new_session_created
    0x3477_73c5, // pong
    0xae50_0895, // future_salts
    super::RPC_RESULT,
];

impl Request {
    /// Whether it is answered by an `rpc_result` when it is sent as content.
    pub(crate) const fn is_call(&self) -> bool {
        matches!(self, Self::DropAnswer(_) | Self::DestroyAuthKey)
    }

    /// Reads a message; `None` if it is a call.
    pub(crate) fn read(body: &[u8]) -> Option<Result<Self, DecodeError>> {
        let id = Reader::new(body).peek_id().ok()?;
        let is_service = matches!(
            id,
            MSGS_ACK
                | PING
                | PING_DELAY_DISCONNECT
                | GET_FUTURE_SALTS
                | MSGS_STATE_REQ
                | MSG_RESEND_REQ
                | MSG_RESEND_ANS_REQ
                | RPC_DROP_ANSWER
                | DESTROY_SESSION
                | DESTROY_AUTH_KEY
        );
        if is_service {
            Some(Self::decode(id, body))
        } else {
            IGNORED.contains(&id).then_some(Ok(Self::Nothing))
        }
    }

    fn decode(id: u32, body: &[u8]) -> Result<Self, DecodeError> {
        Ok(match id {
            MSGS_ACK => {
                let mt::MsgsAck::MsgsAck { msg_ids } = Decode::from_bytes(body)?;
                Self::Acks(wire_ids(msg_ids))
            }
            PING => Self::Ping { ping_id: mt::Ping::from_bytes(body)?.ping_id },
            PING_DELAY_DISCONNECT => {
                let ping = mt::PingDelayDisconnect::from_bytes(body)?;
                Self::PingDelayDisconnect { ping_id: ping.ping_id, delay_s: ping.disconnect_delay }
            }
            GET_FUTURE_SALTS => Self::FutureSalts { count: mt::GetFutureSalts::from_bytes(body)?.num },
            MSGS_STATE_REQ => {
                let mt::MsgsStateReq::MsgsStateReq { msg_ids } = Decode::from_bytes(body)?;
                Self::States(wire_ids(msg_ids))
            }
            MSG_RESEND_REQ | MSG_RESEND_ANS_REQ => match mt::MsgResendReq::from_bytes(body)? {
                mt::MsgResendReq::MsgResendReq { msg_ids } => Self::Resend(wire_ids(msg_ids)),
                mt::MsgResendReq::MsgResendAnsReq { msg_ids } => Self::ResendAnswers(wire_ids(msg_ids)),
            },
            RPC_DROP_ANSWER => {
                let call = mt::RpcDropAnswer::from_bytes(body)?.req_msg_id;
                Self::DropAnswer(WireMsgId(call.cast_unsigned()))
            }
            DESTROY_SESSION => {
                let session = mt::DestroySession::from_bytes(body)?.session_id;
                Self::DestroySession(SessionId(session.cast_unsigned()))
            }
            DESTROY_AUTH_KEY => {
                mt::DestroyAuthKey::from_bytes(body)?;
                Self::DestroyAuthKey
            }
            id => return Err(DecodeError::UnknownConstructor { id }),
        })
    }
}

fn wire_ids(msg_ids: Vec<i64>) -> Vec<WireMsgId> {
    msg_ids.into_iter().map(|msg_id| WireMsgId(msg_id.cast_unsigned())).collect()
}
