//! Answers: signed, and bound to the request they answer. A signed answer is the receipt of what was done.

use crypto::sha256;
use ids::limits;
use zeroize::Zeroizing;

use super::{Malformed, Op, Reader, Reply, Request, RequestId, Writer};

const MAGIC: &[u8; 4] = b"HGA1";
const HEADER_LEN: usize = 4 + 16 + 32 + 8 + 2;
const SIGNATURE_LEN: usize = 64;
const REFUSED: u16 = u16::MAX;

/// An answer as the vault makes it.
pub struct Answer<'a> {
    /// The bytes that are answered.
    pub request: &'a [u8],
    /// How many requests have changed something in this vault, this one included.
    pub commit: u64,
    /// What it says.
    pub body: Body,
}

/// What an answer says.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// All operations were carried out: their replies, in order.
    Done(Vec<Reply>),
    /// Nothing was.
    Refused(Refusal),
}

/// Why a request was refused as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It is not of this codec.
    NotUnderstood = 1,
    /// The deployment is not one that the vault serves.
    UnknownDeployment = 2,
    /// The answer would exceed [`limits::VAULT_ANSWER_BYTES_MAX`], or the vault is full.
    TooMuch = 3,
    /// A request of a higher [order](Request::order) was there before: this one comes too late.
    Overtaken = 4,
}

/// What was asked: kept by whoever asks, to know the answer by.
pub struct Asked {
    id: RequestId,
    hash: [u8; 32],
    codes: Vec<u8>,
}

/// An answer whose signature and request are right.
pub struct Receipt {
    /// How many requests had changed something in the vault when it answered. A lower number than one seen before
    /// means that the vault was rolled back.
    pub commit: u64,
    /// What it says.
    pub body: Body,
}

/// Why an answer does not count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AnswerFault {
    /// The signature is not this vault's: somebody else wrote it.
    #[error("not signed by the vault")]
    Forged,
    /// It answers something else: late, replayed, or misdirected.
    #[error("answers another request")]
    OtherRequest,
    /// The vault signed what is not an answer to what was asked: the vault is at fault.
    #[error("not an answer to the operations asked")]
    Unfit,
}

impl Answer<'_> {
    /// The bytes for the server. `sign` signs with the vault's Ed25519 key.
    #[must_use]
    pub fn encode(&self, sign: impl FnOnce(&[u8]) -> [u8; SIGNATURE_LEN]) -> Zeroizing<Vec<u8>> {
        let body = match &self.body {
            Body::Done(replies) => replies.iter().map(Reply::encoded_len).sum(),
            Body::Refused(_) => 1,
        };
        let mut to = Writer::with_room(HEADER_LEN + body + SIGNATURE_LEN);
        to.raw(MAGIC);
        to.raw(&Request::peek_id(self.request).0);
        to.raw(&sha256(&[self.request]));
        to.u64(self.commit);
        match &self.body {
            Body::Done(replies) => to.list(replies, |to, reply| reply.write(to)),
            Body::Refused(refusal) => {
                to.u16(REFUSED);
                to.u8(*refusal as u8);
            }
        }
        let signature = sign(to.bytes());
        to.raw(&signature);
        to.done()
    }

    /// Bytes of an answer without replies.
    pub const EMPTY_BYTES: usize = HEADER_LEN + SIGNATURE_LEN;
}

/// The answer that refuses a request.
#[must_use]
pub fn refuse(
    request: &[u8],
    commit: u64,
    refusal: Refusal,
    sign: impl FnOnce(&[u8]) -> [u8; SIGNATURE_LEN],
) -> Zeroizing<Vec<u8>> {
    Answer { request, commit, body: Body::Refused(refusal) }.encode(sign)
}

impl Asked {
    /// What `request`, encoded as `bytes`, has to be answered with.
    #[must_use]
    pub fn new(request: &Request, bytes: &[u8]) -> Asked {
        let codes = request.ops.iter().map(Op::code).collect();
        Asked { id: request.id, hash: sha256(&[bytes]), codes }
    }

    /// The number of the request.
    #[must_use]
    pub fn id(&self) -> RequestId {
        self.id
    }

    /// The number of the request that some bytes claim to answer; nothing is verified.
    #[must_use]
    pub fn peek_id(answer: &[u8]) -> Option<RequestId> {
        answer.get(4..).and_then(<[u8]>::first_chunk).copied().map(RequestId)
    }

    /// Opens an answer. `verify` checks the vault's Ed25519 signature (second) over the bytes (first); nothing is looked
    /// at before.
    ///
    /// # Errors
    ///
    /// [`AnswerFault`] says whose fault it is; the answer then counts for nothing.
    pub fn open(
        &self,
        answer: &[u8],
        verify: impl FnOnce(&[u8], &[u8; SIGNATURE_LEN]) -> bool,
    ) -> Result<Receipt, AnswerFault> {
        if answer.len() > limits::VAULT_ANSWER_BYTES_MAX {
            return Err(AnswerFault::Forged);
        }
        let (signed, signature) = answer.split_last_chunk().ok_or(AnswerFault::Forged)?;
        if !verify(signed, signature) {
            return Err(AnswerFault::Forged);
        }
        let mut from = Reader::new(signed);
        if from.array::<4>() != Ok(*MAGIC) {
            return Err(AnswerFault::Unfit);
        }
        let unfit = |_: Malformed| AnswerFault::Unfit;
        let id = RequestId(from.array().map_err(unfit)?);
        let hash: [u8; 32] = from.array().map_err(unfit)?;
        if id != self.id || hash != self.hash {
            return Err(AnswerFault::OtherRequest);
        }
        let commit = from.u64().map_err(unfit)?;
        let body = self.body(&mut from).map_err(unfit)?;
        from.end().map_err(unfit)?;
        Ok(Receipt { commit, body })
    }

    fn body(&self, from: &mut Reader<'_>) -> Result<Body, Malformed> {
        let count = from.u16()?;
        if count == REFUSED {
            return Ok(Body::Refused(match from.u8()? {
                1 => Refusal::NotUnderstood,
                2 => Refusal::UnknownDeployment,
                3 => Refusal::TooMuch,
                4 => Refusal::Overtaken,
                _ => return Err(Malformed),
            }));
        }
        if usize::from(count) != self.codes.len() {
            return Err(Malformed);
        }
        let replies = self.codes.iter().map(|&code| {
            let reply = Reply::read(from)?;
            if reply.code() == code { Ok(reply) } else { Err(Malformed) }
        });
        replies.collect::<Result<_, _>>().map(Body::Done)
    }
}
