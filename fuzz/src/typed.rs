//! The typed decoders of `tl`: every method that has one, with its answer, and all of the service layer.
//!
//! Types follow from what methods reach, so methods and their answers are everything.

use tl::{Decode, DecodeError, Encode, Function, mt};

/// Decodes bytes and encodes them again.
type Again = fn(&[u8]) -> Result<Vec<u8>, DecodeError>;

/// A method with typed code.
pub struct Typed {
    /// Its constructor id.
    pub id: u32,
    /// Reads a call.
    pub call: Again,
    /// Reads an answer.
    pub answer: Again,
}

impl Typed {
    const fn of<F: Function>() -> Self {
        Self { id: F::ID, call: again::<F>, answer: again::<F::Result> }
    }
}

/// The methods of `crates/tl/typed.txt`.
pub const METHODS: &[Typed] = &include!(concat!(env!("OUT_DIR"), "/typed_methods.rs"));

macro_rules! service {
    ($($name:ident)+) => { &[$(again::<mt::$name>),+] };
}

/// The service layer, types and methods.
pub const SERVICE: &[Again] = service! {
    BadMsgNotification BindAuthKeyInner ClientDHInnerData DestroyAuthKeyRes DestroySessionRes FutureSalts HttpWait
    MsgDetailedInfo MsgResendReq MsgsAck MsgsAllInfo MsgsStateInfo MsgsStateReq NewSession PQInnerData Pong ResPQ
    RpcDropAnswerResult RpcError ServerDHParams ServerDHInnerData SetClientDHParamsAnswer
    ReqPq ReqPqMulti ReqDHParams SetClientDHParams DestroyAuthKey RpcDropAnswer GetFutureSalts Ping
    PingDelayDisconnect DestroySession
};

/// What was read is written in no more bytes, and reads the same ever after (R7).
fn again<T: Encode + Decode>(bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let written = T::from_bytes(bytes)?.to_bytes();
    assert!(written.len() <= bytes.len(), "more is written than was read");
    match T::from_bytes(&written) {
        Ok(value) => assert!(value.to_bytes() == written, "a value changes when it is read again"),
        Err(error) => panic!("what was written cannot be read: {error}"),
    }
    Ok(written)
}
