//! A key exchange in which every field is open to meddling, written from the documents and not with the client's code.
//!
//! Source: docs, mtproto/auth_key.
use client::OsRng;
use crypto::dh::{self, PublicValue};
use crypto::pq::Pq;
use crypto::rsa::PublicKey;
use crypto::{ige, padding, sha1};
use mtproto::AuthKey;
use tl::{Decode as _, Encode as _, Reader, mt};

use crate::ground::random;
use crate::raw::{Answer, Raw};

pub(crate) const NOT_FOUND: Answer = Answer::Error(-404);

/// `p_q_inner_data` of the four kinds.
pub(crate) const INNER: u32 = 0x83c9_5aec;
pub(crate) const INNER_DC: u32 = 0xa9f5_5f95;
pub(crate) const INNER_TEMP: u32 = 0x3c6a_84d4;
pub(crate) const INNER_TEMP_DC: u32 = 0x56fd_df88;

/// The two paddings under RSA.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Padding {
    RsaPad,
    Sha1,
}

impl Padding {
    /// Pads and encrypts.
    pub(crate) fn encrypt(self, object: &[u8], key: &PublicKey) -> Vec<u8> {
        let encrypted = match self {
            Self::RsaPad => padding::rsa_pad_encrypt(object, key, &mut OsRng),
            Self::Sha1 => padding::legacy_encrypt(object, key, &mut OsRng),
        };
        encrypted.expect("an object that fits").to_vec()
    }
}

/// What goes under RSA.
#[derive(Clone)]
pub(crate) struct Inner {
    pub(crate) id: u32,
    pub(crate) pq: Vec<u8>,
    pub(crate) p: Vec<u8>,
    pub(crate) q: Vec<u8>,
    pub(crate) nonce: [u8; 16],
    pub(crate) server_nonce: [u8; 16],
    pub(crate) new_nonce: [u8; 32],
    pub(crate) dc: Option<i32>,
    pub(crate) expires_in: Option<i32>,
}

impl Inner {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut object = self.id.to_le_bytes().to_vec();
        for number in [&self.pq, &self.p, &self.q] {
            tl::codec::put_bytes(&mut object, number);
        }
        object.extend_from_slice(&self.nonce);
        object.extend_from_slice(&self.server_nonce);
        object.extend_from_slice(&self.new_nonce);
        for number in [self.dc, self.expires_in].into_iter().flatten() {
            object.extend_from_slice(&number.to_le_bytes());
        }
        object
    }
}

/// One exchange after its first step.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) nonce: [u8; 16],
    pub(crate) server_nonce: [u8; 16],
    pub(crate) new_nonce: [u8; 32],
    pub(crate) pq: Pq,
}

impl Run {
    /// Step 1.
    pub(crate) async fn begin(raw: &mut Raw) -> Self {
        let nonce = random();
        let answer = raw.ask(&mt::ReqPqMulti { nonce }.to_bytes()).await;
        let Answer::Body(body) = answer else { panic!("resPQ was due, not {answer:?}") };
        Self::read(nonce, &body)
    }

    /// The exchange that a `resPQ` begins.
    pub(crate) fn read(nonce: [u8; 16], res_pq: &[u8]) -> Self {
        let Ok(mt::ResPQ::ResPQ { nonce: echoed, server_nonce, pq, .. }) = mt::ResPQ::from_bytes(res_pq)
        else {
            panic!("resPQ was due")
        };
        assert_eq!(echoed, nonce);
        let product = u64::from_be_bytes(pq.try_into().expect("8 bytes"));
        let pq = crypto::pq::factor(product).expect("two primes");
        Self { nonce, server_nonce, new_nonce: random(), pq }
    }

    /// What a faithful client encrypts for a permanent key.
    pub(crate) fn inner(&self) -> Inner {
        Inner {
            id: INNER_DC,
            pq: self.pq.product().to_be_bytes().to_vec(),
            p: self.pq.p.to_be_bytes().to_vec(),
            q: self.pq.q.to_be_bytes().to_vec(),
            nonce: self.nonce,
            server_nonce: self.server_nonce,
            new_nonce: self.new_nonce,
            dc: Some(2),
            expires_in: None,
        }
    }

    /// A faithful `req_DH_params` around a ciphertext.
    pub(crate) fn step_2(&self, key: &PublicKey, encrypted_data: Vec<u8>) -> mt::ReqDHParams {
        mt::ReqDHParams {
            nonce: self.nonce,
            server_nonce: self.server_nonce,
            p: self.pq.p.to_be_bytes().to_vec(),
            q: self.pq.q.to_be_bytes().to_vec(),
            public_key_fingerprint: key.fingerprint().cast_signed(),
            encrypted_data,
        }
    }

    /// Step 2 as it should be: `g_a`, and the request.
    pub(crate) async fn agree(&self, raw: &mut Raw, key: &PublicKey) -> (PublicValue, Vec<u8>) {
        let request = self.step_2(key, Padding::RsaPad.encrypt(&self.inner().bytes(), key)).to_bytes();
        let answer = raw.ask(&request).await;
        let Answer::Body(body) = answer else { panic!("server_DH_params_ok was due, not {answer:?}") };
        (self.open(&body), request)
    }

    /// `g_a` out of `server_DH_params_ok`.
    pub(crate) fn open(&self, body: &[u8]) -> PublicValue {
        let Ok(mt::ServerDHParams::ServerDHParamsOk { nonce, server_nonce, mut encrypted_answer }) =
            mt::ServerDHParams::from_bytes(body)
        else {
            panic!("server_DH_params_ok was due")
        };
        assert_eq!((nonce, server_nonce), (self.nonce, self.server_nonce));
        let (key, iv) = self.tmp_aes();
        ige::decrypt(&key, &iv, &mut encrypted_answer).expect("whole blocks");
        let mut reader = Reader::new(&encrypted_answer[20..]);
        let Ok(mt::ServerDHInnerData::ServerDHInnerData { g, dh_prime, g_a, .. }) =
            mt::ServerDHInnerData::decode(&mut reader)
        else {
            panic!("server_DH_inner_data was due")
        };
        assert!(g == 3 && dh_prime == dh::PRIME, "the published group");
        PublicValue::parse(&g_a).expect("a value in range")
    }

    /// `set_client_DH_params` around any bytes as `g_b`.
    pub(crate) fn step_3(&self, g_b: &[u8], retry_id: i64) -> Vec<u8> {
        let object = mt::ClientDHInnerData::ClientDHInnerData {
            nonce: self.nonce,
            server_nonce: self.server_nonce,
            retry_id,
            g_b: g_b.to_vec(),
        };
        let object = object.to_bytes();
        let mut encrypted_data = [&sha1(&[&object])[..], &object].concat();
        encrypted_data.resize(encrypted_data.len().next_multiple_of(16), 0xcc);
        let (key, iv) = self.tmp_aes();
        ige::encrypt(&key, &iv, &mut encrypted_data).expect("whole blocks");
        let (nonce, server_nonce) = (self.nonce, self.server_nonce);
        mt::SetClientDHParams { nonce, server_nonce, encrypted_data }.to_bytes()
    }

    /// AES key and IV of the DH messages.
    fn tmp_aes(&self) -> ([u8; 32], [u8; 32]) {
        let new_server = sha1(&[&self.new_nonce, &self.server_nonce]);
        let server_new = sha1(&[&self.server_nonce, &self.new_nonce]);
        let new_new = sha1(&[&self.new_nonce, &self.new_nonce]);
        let key = [&new_server[..], &server_new[..12]].concat();
        let iv = [&server_new[12..], &new_new[..], &self.new_nonce[..4]].concat();
        (key.try_into().expect("32 bytes"), iv.try_into().expect("32 bytes"))
    }

    /// Whether an answer is `dh_gen_ok` for this key.
    pub(crate) fn is_ok(&self, answer: &Answer, key: &AuthKey) -> bool {
        let Answer::Body(body) = answer else { return false };
        let Ok(mt::SetClientDHParamsAnswer::DhGenOk { nonce, server_nonce, new_nonce_hash1 }) =
            mt::SetClientDHParamsAnswer::from_bytes(body)
        else {
            return false;
        };
        let proof = sha1(&[&self.new_nonce, &[1], &key.aux_hash()]);
        (nonce, server_nonce) == (self.nonce, self.server_nonce) && new_nonce_hash1 == proof[4..]
    }
}

/// A fresh exponent, its value, and the key it makes with `g_a`.
pub(crate) fn draw(g_a: &PublicValue) -> (PublicValue, AuthKey) {
    let secret = dh::Secret::random(&mut OsRng);
    let g_b = dh::public(&secret).expect("a value in range");
    (g_b, AuthKey::new(dh::shared(g_a, &secret)))
}
