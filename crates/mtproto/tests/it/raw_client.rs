//! A client that says whatever a test wants it to say, written from the documents and not with the crate's own client.

use crypto::dh::{self, PublicValue, Secret};
use crypto::rsa::PublicKey;
use crypto::{Rng, ige, sha1, sha256};
use ids::Now;
use mtproto::transport::{Incoming, Kind, Transport};
use tl::{Decode as _, Encode as _, Reader, mt};

use crate::support::NOON;
use crate::world::{Accepted, SERVER};
use crypto::testing::Seeded;

/// The two paddings under RSA.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Padding {
    RsaPad,
    Sha1,
}

/// What goes under RSA, each field open to meddling.
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

/// The number before RSA, padded by hand; `None` when it is not below the modulus.
pub(crate) fn pad(object: &[u8], padding: Padding, rng: &mut dyn Rng) -> [u8; 256] {
    let mut number = [0; 256];
    match padding {
        Padding::Sha1 => {
            rng.fill(&mut number[21..]);
            number[1..21].copy_from_slice(&sha1(&[object]));
            number[21..21 + object.len()].copy_from_slice(object);
        }
        Padding::RsaPad => {
            let mut data = [0; 192];
            rng.fill(&mut data);
            data[..object.len()].copy_from_slice(object);
            let temp_key: [u8; 32] = rng.array();
            number[224..].copy_from_slice(&sha256(&[&temp_key, &data]));
            data.reverse();
            number[32..224].copy_from_slice(&data);
            ige::encrypt(&temp_key, &[0; 32], &mut number[32..]).unwrap();
            let mask = sha256(&[&number[32..]]);
            for (i, byte) in number[..32].iter_mut().enumerate() {
                *byte = temp_key[i] ^ mask[i];
            }
        }
    }
    number
}

/// Encrypts `object`, its number bent by `bend`, drawing again until RSA can take it.
pub(crate) fn encrypt(
    object: &[u8],
    padding: Padding,
    key: &PublicKey,
    rng: &mut dyn Rng,
    bend: &dyn Fn(&mut [u8; 256]),
) -> Vec<u8> {
    loop {
        let mut number = pad(object, padding, rng);
        bend(&mut number);
        if let Ok(ciphertext) = key.encrypt_raw(&number) {
            return ciphertext.to_vec();
        }
    }
}

/// AES key and IV of the DH messages, from the formula in the documents.
pub(crate) fn tmp_aes(new_nonce: &[u8; 32], server_nonce: &[u8; 16]) -> ([u8; 32], [u8; 32]) {
    let new_server = sha1(&[new_nonce, server_nonce]);
    let server_new = sha1(&[server_nonce, new_nonce]);
    let new_new = sha1(&[new_nonce, new_nonce]);
    let key = [&new_server[..], &server_new[..12]].concat();
    let iv = [&server_new[12..], &new_new[..], &new_nonce[..4]].concat();
    (key.try_into().unwrap(), iv.try_into().unwrap())
}

/// A plain message: key id 0, a msg_id that means nothing, the body.
pub(crate) fn plain(body: &[u8]) -> Vec<u8> {
    let mut payload = vec![0; 8];
    payload.extend_from_slice(&1_u64.to_le_bytes());
    payload.extend_from_slice(&(body.len() as u32).to_le_bytes());
    payload.extend_from_slice(body);
    payload
}

/// A client on one connection, its state in the open.
pub(crate) struct RawClient {
    pub(crate) server: Accepted,
    pub(crate) transport: Transport,
    pub(crate) rng: Seeded,
    pub(crate) now: Now,
    opening: Vec<u8>,
}

/// What the server told in `resPQ`, and the client's secret for the run.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) nonce: [u8; 16],
    pub(crate) server_nonce: [u8; 16],
    pub(crate) new_nonce: [u8; 32],
    pub(crate) pq: u64,
    pub(crate) p: u32,
    pub(crate) q: u32,
}

impl Run {
    /// What a faithful client encrypts.
    pub(crate) fn inner(&self) -> Inner {
        Inner {
            id: 0xa9f5_5f95,
            pq: self.pq.to_be_bytes().to_vec(),
            p: self.p.to_be_bytes().to_vec(),
            q: self.q.to_be_bytes().to_vec(),
            nonce: self.nonce,
            server_nonce: self.server_nonce,
            new_nonce: self.new_nonce,
            dc: Some(2),
            expires_in: None,
        }
    }

    /// A faithful `req_DH_params` around a given ciphertext.
    pub(crate) fn request(&self, encrypted_data: Vec<u8>) -> mt::ReqDHParams {
        mt::ReqDHParams {
            nonce: self.nonce,
            server_nonce: self.server_nonce,
            p: self.p.to_be_bytes().to_vec(),
            q: self.q.to_be_bytes().to_vec(),
            public_key_fingerprint: SERVER.public[0].fingerprint() as i64,
            encrypted_data,
        }
    }

    /// `set_client_DH_params` around any bytes as `g_b`.
    pub(crate) fn step_3(&self, g_b: &[u8], retry_id: i64) -> Vec<u8> {
        self.step_3_bent(g_b, retry_id, 0, &|_| {})
    }

    /// The same with the plaintext (hash, object, padding) bent.
    pub(crate) fn step_3_bent(
        &self,
        g_b: &[u8],
        retry_id: i64,
        more_padding: usize,
        bend: &dyn Fn(&mut Vec<u8>),
    ) -> Vec<u8> {
        let object = mt::ClientDHInnerData::ClientDHInnerData {
            nonce: self.nonce,
            server_nonce: self.server_nonce,
            retry_id,
            g_b: g_b.to_vec(),
        }
        .to_bytes();
        let mut data = [&sha1(&[&object])[..], &object].concat();
        data.resize(data.len().next_multiple_of(16) + more_padding, 0xcc);
        bend(&mut data);
        let (key, iv) = tmp_aes(&self.new_nonce, &self.server_nonce);
        let _ = ige::encrypt(&key, &iv, &mut data);
        let (nonce, server_nonce) = (self.nonce, self.server_nonce);
        mt::SetClientDHParams { nonce, server_nonce, encrypted_data: data }.to_bytes()
    }

    /// Opens `server_DH_params_ok`.
    pub(crate) fn open(&self, body: &[u8]) -> (PublicValue, i32) {
        let Ok(mt::ServerDHParams::ServerDHParamsOk { nonce, server_nonce, mut encrypted_answer }) =
            mt::ServerDHParams::from_bytes(body)
        else {
            panic!("server_DH_params_ok was due")
        };
        assert_eq!((nonce, server_nonce), (self.nonce, self.server_nonce));
        let (key, iv) = tmp_aes(&self.new_nonce, &self.server_nonce);
        ige::decrypt(&key, &iv, &mut encrypted_answer).unwrap();
        let mut reader = Reader::new(&encrypted_answer[20..]);
        let mt::ServerDHInnerData::ServerDHInnerData { g, dh_prime, g_a, server_time, .. } =
            mt::ServerDHInnerData::decode(&mut reader).unwrap();
        assert!(g == 3 && dh_prime == dh::PRIME && reader.rest().len() < 16);
        let object = &encrypted_answer[20..encrypted_answer.len() - reader.rest().len()];
        assert_eq!(encrypted_answer[..20], sha1(&[object]));
        (PublicValue::parse(&g_a).unwrap(), server_time)
    }
}

impl RawClient {
    pub(crate) fn new(seed: u64) -> Self {
        Self::over(Accepted::new(NOON), Kind::Intermediate, seed)
    }

    pub(crate) fn over(server: Accepted, kind: Kind, seed: u64) -> Self {
        let mut rng = Seeded::new(seed);
        let (transport, opening) = Transport::client(kind, None, &mut rng).unwrap();
        Self { server, transport, rng, now: NOON, opening }
    }

    /// Sends one payload and returns the payloads that came back.
    pub(crate) fn exchange(&mut self, payload: &[u8]) -> Vec<Vec<u8>> {
        let mut bytes = std::mem::take(&mut self.opening);
        self.transport.send(payload, &mut self.rng, &mut bytes);
        self.server.input(&bytes, self.now, &mut self.rng);
        self.received()
    }

    /// What the server sent since the last time.
    pub(crate) fn received(&mut self) -> Vec<Vec<u8>> {
        let bytes = self.server.take_sent();
        self.transport.receive(&bytes).unwrap();
        let mut payloads = Vec::new();
        while let Some(incoming) = self.transport.incoming().unwrap() {
            match incoming {
                Incoming::Payload(payload) => payloads.push(payload),
                Incoming::QuickAck(token) => panic!("quick ack {token:x} out of place"),
            }
        }
        payloads
    }

    /// Sends a plain request and returns the one plain answer's body.
    pub(crate) fn ask(&mut self, body: &[u8]) -> Vec<u8> {
        let answers = self.exchange(&plain(body));
        let [answer] = &answers[..] else { panic!("one answer was due, {} came", answers.len()) };
        assert_eq!(answer[..8], [0; 8]);
        assert_eq!(answer[8] % 4, 1, "the msg_id of an answer");
        assert_eq!(answer[16..20], ((answer.len() - 20) as u32).to_le_bytes());
        answer[20..].to_vec()
    }

    /// Step 1.
    pub(crate) fn step_1(&mut self) -> Run {
        let (nonce, new_nonce) = {
            let rng: &mut dyn Rng = &mut self.rng;
            (rng.array(), rng.array())
        };
        let body = self.ask(&mt::ReqPqMulti { nonce }.to_bytes());
        let Ok(mt::ResPQ::ResPQ { nonce: echoed, server_nonce, pq, server_public_key_fingerprints }) =
            mt::ResPQ::from_bytes(&body)
        else {
            panic!("resPQ was due")
        };
        assert_eq!(echoed, nonce);
        let offered: Vec<u64> = server_public_key_fingerprints.iter().map(|one| *one as u64).collect();
        assert_eq!(offered, SERVER.config.fingerprints);
        let pq = u64::from_be_bytes(pq.try_into().expect("8 bytes"));
        let factors = crypto::pq::factor(pq).unwrap();
        Run { nonce, server_nonce, new_nonce, pq, p: factors.p, q: factors.q }
    }

    /// Step 2 as it should be; the body of the request and of the answer.
    pub(crate) fn step_2(&mut self, run: &Run) -> (Vec<u8>, Vec<u8>) {
        let ciphertext =
            encrypt(&run.inner().bytes(), Padding::RsaPad, &SERVER.public[0], &mut self.rng, &|_| {});
        let request = run.request(ciphertext).to_bytes();
        let answer = self.ask(&request);
        (request, answer)
    }

    /// A fresh exponent and its value.
    pub(crate) fn draw(&mut self) -> (Secret, PublicValue) {
        let secret = Secret::random(&mut self.rng);
        let public = dh::public(&secret).unwrap();
        (secret, public)
    }
}
