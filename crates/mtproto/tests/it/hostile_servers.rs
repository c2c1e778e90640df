//! Servers as the security guidelines tell a client to fear them: every lie is found, none leads to a key.

use std::sync::LazyLock;

use crypto::dh::{self, PublicValue, Secret};
use crypto::rsa::{PrivateKey, PublicKey};
use crypto::{Rng as _, ige, sha1};
use mtproto::handshake::KeyKind;
use mtproto::handshake::client::{
    DhAsked, ExchangeError, FirstRequest, KeyAsked, Outcome, PqAsked, RsaPadding, Wanted,
};
use tl::{Decode as _, Encode as _, mt};

use crate::raw_client::tmp_aes;
use crypto::testing::Seeded;

static KEY: LazyLock<PrivateKey> = LazyLock::new(PrivateKey::generate_for_clients);
static TRUSTED: LazyLock<[PublicKey; 1]> = LazyLock::new(|| [KEY.public()]);

const SERVER_NONCE: [u8; 16] = [9; 16];
/// 0x494c553b and 0x53911073 are prime.
const PQ: u64 = 0x17ed_4894_1a08_f981;

/// The client after step 1, and its nonce.
fn step_1(rng: &mut Seeded) -> (PqAsked, [u8; 16]) {
    let (kind, first) = (KeyKind::Permanent, FirstRequest::ReqPqMulti);
    let wanted = Wanted { kind, dc: Some(2), first, padding: RsaPadding::RsaPad };
    let (client, request) = PqAsked::start(wanted, rng);
    (client, mt::ReqPqMulti::from_bytes(&request).map(|request| request.nonce).unwrap())
}

fn res_pq(nonce: [u8; 16], pq: &[u8], fingerprints: &[u64]) -> Vec<u8> {
    let server_public_key_fingerprints = fingerprints.iter().map(|one| *one as i64).collect();
    mt::ResPQ::ResPQ { nonce, server_nonce: SERVER_NONCE, pq: pq.to_vec(), server_public_key_fingerprints }
        .to_bytes()
}

/// The client after step 2, its nonce, and the secret it sent.
fn step_2(rng: &mut Seeded) -> (DhAsked, [u8; 16], [u8; 32]) {
    let (client, nonce) = step_1(rng);
    let answer = res_pq(nonce, &PQ.to_be_bytes(), &[KEY.fingerprint()]);
    let (client, request) = client.handle(&answer, &*TRUSTED, rng).expect("an honest answer");
    let Ok(request) = mt::ReqDHParams::from_bytes(&request) else { panic!("req_DH_params was due") };
    assert_eq!(request.p, 0x494c_553b_u32.to_be_bytes());
    assert_eq!(request.q, 0x5391_1073_u32.to_be_bytes());
    let decoded = crypto::padding::decode(&KEY.decrypt_raw(&request.encrypted_data.try_into().unwrap()));
    assert!(bool::from(decoded.accepts(100)));
    let Ok(mt::PQInnerData::PQInnerDataDc { new_nonce, .. }) =
        mt::PQInnerData::from_bytes(&decoded.data()[..100])
    else {
        panic!("p_q_inner_data_dc was due")
    };
    (client, nonce, new_nonce)
}

/// What `server_DH_params_ok` says, each part open to lies.
struct Params {
    nonces: [[u8; 16]; 2],
    inner_nonces: [[u8; 16]; 2],
    g: i32,
    prime: Vec<u8>,
    g_a: Vec<u8>,
    hash_ok: bool,
    padding: usize,
}

impl Params {
    fn honest(nonce: [u8; 16], g_a: &PublicValue) -> Self {
        let nonces = [nonce, SERVER_NONCE];
        let (prime, g_a) = (dh::PRIME.to_vec(), g_a.as_bytes().to_vec());
        Self { nonces, inner_nonces: nonces, g: dh::G, prime, g_a, hash_ok: true, padding: 0 }
    }

    fn bytes(&self, new_nonce: &[u8; 32]) -> Vec<u8> {
        let [nonce, server_nonce] = self.inner_nonces;
        let (g, dh_prime, g_a) = (self.g, self.prime.clone(), self.g_a.clone());
        let server_time = 1_700_000_000;
        let object =
            mt::ServerDHInnerData::ServerDHInnerData { nonce, server_nonce, g, dh_prime, g_a, server_time }
                .to_bytes();
        let mut hash = sha1(&[&object]);
        hash[19] ^= u8::from(!self.hash_ok);
        let mut encrypted_answer = [&hash[..], &object].concat();
        let whole = (encrypted_answer.len() + self.padding).next_multiple_of(16);
        encrypted_answer.resize(whole, 0);
        let (key, iv) = tmp_aes(new_nonce, &SERVER_NONCE);
        ige::encrypt(&key, &iv, &mut encrypted_answer).unwrap();
        let [nonce, server_nonce] = self.nonces;
        mt::ServerDHParams::ServerDHParamsOk { nonce, server_nonce, encrypted_answer }.to_bytes()
    }
}

/// The client after step 3, with what an honest server knows by then.
fn step_3(rng: &mut Seeded) -> (KeyAsked, [u8; 16], [u8; 32], [u8; 8]) {
    let (client, nonce, new_nonce) = step_2(rng);
    let secret = Secret::random(rng);
    let params = Params::honest(nonce, &dh::public(&secret).unwrap());
    let (client, request) = client.handle(&params.bytes(&new_nonce), rng).expect("an honest answer");
    let Ok(mt::SetClientDHParams { mut encrypted_data, .. }) = mt::SetClientDHParams::from_bytes(&request)
    else {
        panic!("set_client_DH_params was due")
    };
    let (key, iv) = tmp_aes(&new_nonce, &SERVER_NONCE);
    ige::decrypt(&key, &iv, &mut encrypted_data).unwrap();
    let Ok(mt::ClientDHInnerData::ClientDHInnerData { g_b, .. }) =
        mt::ClientDHInnerData::from_bytes(&encrypted_data[20..324])
    else {
        panic!("client_DH_inner_data was due")
    };
    let key = dh::shared(&PublicValue::parse(&g_b).unwrap(), &secret);
    (client, nonce, new_nonce, sha1(&[&key[..]])[..8].try_into().unwrap())
}

fn proof(new_nonce: &[u8; 32], number: u8, aux_hash: [u8; 8]) -> [u8; 16] {
    sha1(&[new_nonce, &[number], &aux_hash])[4..].try_into().unwrap()
}

#[test]
fn lies_in_step_1() {
    let ours = KEY.fingerprint();
    let honest = PQ.to_be_bytes();
    let prime = 0x7fff_ffe7_u64.to_be_bytes();
    let square = (0x7fff_ffe7_u64 * 0x7fff_ffe7).to_be_bytes();
    let lopsided = (3 * 0x1000_0000_000f_u64).to_be_bytes();
    let cases: [(bool, &[u8], &[u64], ExchangeError); 9] = [
        (false, &honest, &[ours], ExchangeError::WrongNonce),
        (true, &honest, &[], ExchangeError::UnknownKeys),
        (true, &honest, &[ours ^ 1, 7], ExchangeError::UnknownKeys),
        (true, &[], &[ours], ExchangeError::BadPq),
        (true, &[0; 8], &[ours], ExchangeError::BadPq),
        (true, &prime, &[ours], ExchangeError::BadPq),
        (true, &square, &[ours], ExchangeError::BadPq),
        (true, &lopsided, &[ours], ExchangeError::BadPq),
        (true, &[1; 9], &[ours], ExchangeError::BadPq),
    ];
    for (own_nonce, pq, fingerprints, error) in cases {
        let mut rng = Seeded::new(1);
        let (client, mut nonce) = step_1(&mut rng);
        nonce[0] ^= u8::from(!own_nonce);
        let outcome = client.handle(&res_pq(nonce, pq, fingerprints), &*TRUSTED, &mut rng);
        assert_eq!(outcome.err(), Some(error), "{pq:x?}");
    }
    let mut rng = Seeded::new(1);
    let (client, nonce) = step_1(&mut rng);
    let longer = [&res_pq(nonce, &honest, &[ours])[..], &[0; 4]].concat();
    assert_eq!(client.handle(&longer, &*TRUSTED, &mut rng).err(), Some(ExchangeError::Malformed));
}

#[test]
fn lies_in_step_2() {
    type Lie = fn(&mut Params);
    let lies: [(Lie, ExchangeError); 17] = [
        (|params| params.nonces[0][0] ^= 1, ExchangeError::WrongNonce),
        (|params| params.nonces[1][0] ^= 1, ExchangeError::WrongNonce),
        (|params| params.inner_nonces[0][15] ^= 1, ExchangeError::WrongNonce),
        (|params| params.inner_nonces[1][15] ^= 1, ExchangeError::WrongNonce),
        (|params| params.hash_ok = false, ExchangeError::WrongHash),
        (|params| params.padding = 24, ExchangeError::WrongHash),
        (|params| params.g = 2, ExchangeError::ForeignGroup),
        (|params| params.g = 4, ExchangeError::ForeignGroup),
        (|params| params.prime[255] ^= 2, ExchangeError::ForeignGroup),
        (|params| params.prime = vec![23], ExchangeError::ForeignGroup),
        (|params| params.prime.insert(0, 0), ExchangeError::ForeignGroup),
        (|params| params.g_a = Vec::new(), ExchangeError::OutOfRange),
        (|params| params.g_a = vec![1], ExchangeError::OutOfRange),
        (|params| params.g_a = vec![0x7f; 247], ExchangeError::OutOfRange),
        (|params| params.g_a = dh::PRIME.to_vec(), ExchangeError::OutOfRange),
        (|params| params.g_a = vec![0xff; 256], ExchangeError::OutOfRange),
        (|params| params.g_a.insert(0, 0), ExchangeError::OutOfRange),
    ];
    for (index, (lie, error)) in lies.into_iter().enumerate() {
        let mut rng = Seeded::new(2);
        let (client, nonce, new_nonce) = step_2(&mut rng);
        let mut params = Params::honest(nonce, &dh::public(&Secret::random(&mut rng)).unwrap());
        lie(&mut params);
        let outcome = client.handle(&params.bytes(&new_nonce), &mut rng);
        assert_eq!(outcome.err(), Some(error), "{index}");
    }
    let mut rng = Seeded::new(2);
    let (client, nonce, mut new_nonce) = step_2(&mut rng);
    new_nonce[31] ^= 1;
    let params = Params::honest(nonce, &dh::public(&Secret::random(&mut rng)).unwrap());
    let outcome = client.handle(&params.bytes(&new_nonce), &mut rng);
    assert_eq!(outcome.err(), Some(ExchangeError::WrongHash), "a server that could not decrypt");
    let (client, nonce, _) = step_2(&mut rng);
    let fail =
        mt::ServerDHParams::ServerDHParamsFail { nonce, server_nonce: SERVER_NONCE, new_nonce_hash: [0; 16] };
    assert_eq!(client.handle(&fail.to_bytes(), &mut rng).err(), Some(ExchangeError::Refused));
}

#[test]
fn lies_in_step_3() {
    let answer = |number: u8, nonce: [u8; 16], server_nonce: [u8; 16], hash: [u8; 16]| match number {
        1 => mt::SetClientDHParamsAnswer::DhGenOk { nonce, server_nonce, new_nonce_hash1: hash }.to_bytes(),
        2 => {
            mt::SetClientDHParamsAnswer::DhGenRetry { nonce, server_nonce, new_nonce_hash2: hash }.to_bytes()
        }
        _ => mt::SetClientDHParamsAnswer::DhGenFail { nonce, server_nonce, new_nonce_hash3: hash }.to_bytes(),
    };
    for verdict in 1..=3 {
        for proven in 1..=3 {
            let mut rng = Seeded::new(3);
            let (client, nonce, new_nonce, aux_hash) = step_3(&mut rng);
            let hash = proof(&new_nonce, proven, aux_hash);
            let outcome = client.handle(&answer(verdict, nonce, SERVER_NONCE, hash), &mut rng);
            match (verdict, proven, outcome) {
                (1, 1, Ok(Outcome::Made { key, .. })) => assert_eq!(key.key.aux_hash(), aux_hash),
                (2, 2, Ok(Outcome::Again(..))) => {}
                (3, 3, Err(ExchangeError::Refused)) => {}
                (_, _, outcome) => {
                    assert!(verdict != proven);
                    assert!(matches!(outcome, Err(ExchangeError::WrongProof)));
                }
            }
        }
    }
    let mut rng = Seeded::new(4);
    let (client, mut nonce, new_nonce, aux_hash) = step_3(&mut rng);
    nonce[3] ^= 1;
    let hash = proof(&new_nonce, 1, aux_hash);
    let outcome = client.handle(&answer(1, nonce, SERVER_NONCE, hash), &mut rng);
    assert_eq!(outcome.err(), Some(ExchangeError::WrongNonce));
    let (client, ..) = step_3(&mut rng);
    let mut noise = [0; 64];
    rng.fill(&mut noise);
    assert_eq!(client.handle(&noise, &mut rng).err(), Some(ExchangeError::Malformed));
}
