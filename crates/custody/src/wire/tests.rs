//! The codec against itself: what is written is read again to the same bytes, and nothing else is (R6, F8).

use crypto::{Rng, ct_eq, sha256, testing::Seeded};
use ids::limits;
use zeroize::Zeroizing;

use super::*;

fn array<const N: usize>(rng: &mut dyn Rng) -> [u8; N] {
    rng.array()
}

fn piece(rng: &mut Seeded) -> Piece {
    let n = 1 + rng.index(limits::VAULTS_MAX);
    Piece { share: Zeroizing::new(array(rng)), commitments: (0..n).map(|_| Commitment(array(rng))).collect() }
}

fn bytes(rng: &mut Seeded, below: u64) -> Vec<u8> {
    let len = rng.below(below);
    (0..len).map(|_| rng.u64() as u8).collect()
}

fn op(rng: &mut Seeded) -> Op {
    let handle = Handle(array(rng));
    match rng.below(10) {
        0 => Op::Draw { value: rng.u32(), token: Token(array(rng)) },
        1 => Op::Report { incarnation: rng.u32(), commit: rng.u64(), mark: Mark(array(rng)) },
        2 => Op::Put { handle, epoch: rng.u32() >> 1, piece: piece(rng) },
        3 => Op::Get { handle },
        4 => {
            let to = 2 + (rng.u32() >> 1);
            let from = rng.chance(80).then(|| to - 1 - rng.below(2) as u32);
            let pages = (0..rng.below(4)).map(|_| (rng.u64(), bytes(rng, 300))).collect();
            let is_next = from.is_some_and(|from| from + 1 == to);
            let ended = match is_next && rng.chance(80) {
                true => Ended::Pages((0..rng.below(4)).map(|_| rng.u64() >> 1).collect()),
                false => Ended::AllOthers,
            };
            Op::Stage(Box::new(Stage {
                handle,
                from,
                to,
                piece: piece(rng),
                sheet: bytes(rng, 200),
                pages,
                ended,
            }))
        }
        5 => Op::Commit { handle, to: rng.u32() >> 1, tag: Tag(array(rng)) },
        6 => Op::Unstage { handle, to: rng.u32() >> 1, tag: Tag(array(rng)) },
        7 => Op::Destroy { handle },
        8 => {
            let page = rng.u64();
            let kinds = [CopyOf::Sheet, CopyOf::Page(page), CopyOf::StagedSheet, CopyOf::StagedPage(page)];
            Op::Copy { handle, what: kinds[rng.index(4)] }
        }
        _ => Op::Status,
    }
}

fn request(rng: &mut Seeded, ops_below: u64) -> Request {
    let count = rng.below(ops_below);
    Request {
        deployment: Handle(array(rng)),
        id: RequestId(array(rng)),
        order: rng.u64(),
        ops: (0..count).map(|_| op(rng)).collect(),
    }
}

fn reply(op: &Op, rng: &mut Seeded) -> Reply {
    let done = rng.chance(50);
    let current = rng.chance(70).then(|| rng.u32() >> 1);
    let entry = |rng: &mut Seeded| rng.chance(60).then(|| Entry { epoch: rng.u32() >> 1, piece: piece(rng) });
    match op {
        Op::Draw { .. } => Reply::Draw { value: rng.u32(), token: Token(array(rng)) },
        Op::Report { .. } => {
            Reply::Report { incarnation: rng.u32(), commit: rng.u64(), mark: Mark(array(rng)) }
        }
        Op::Put { .. } => Reply::Put { kept: done },
        Op::Get { .. } if rng.chance(10) => Reply::Withheld,
        Op::Get { .. } => Reply::Get { current: entry(rng), staged: entry(rng) },
        Op::Stage(_) => Reply::Stage { staged: done, current },
        Op::Commit { .. } => Reply::Commit { committed: done, current },
        Op::Unstage { .. } => Reply::Unstage { gone: done, current },
        Op::Destroy { .. } => Reply::Destroy,
        Op::Copy { .. } => Reply::Copy(done.then(|| bytes(rng, 300))),
        Op::Status => Reply::Status { rows: rng.u64(), bytes: rng.u64() },
    }
}

/// A stand-in for Ed25519: the codec only carries the bytes.
fn sign(signed: &[u8]) -> [u8; 64] {
    let hash = sha256(&[b"signed by the vault", signed]);
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&hash);
    signature[32..].copy_from_slice(&hash);
    signature
}

fn verify(signed: &[u8], signature: &[u8; 64]) -> bool {
    ct_eq(&sign(signed), signature)
}

#[test]
fn r7_requests_come_back_byte_for_byte() {
    for seed in 0..2_000 {
        let mut rng = Seeded::new(seed);
        let request = request(&mut rng, 12);
        let bytes = request.encode();
        let room: usize = request.ops.iter().map(Op::encoded_len).sum();
        assert_eq!(bytes.len(), Request::EMPTY_BYTES + room, "seed {seed}");
        let again = Request::decode(&bytes).unwrap();
        assert!(again.encode() == bytes, "seed {seed}");
        assert!(Request::peek_id(&bytes) == request.id);
    }
}

#[test]
fn r7_answers_come_back_byte_for_byte() {
    for seed in 0..2_000 {
        let mut rng = Seeded::new(seed);
        let request = request(&mut rng, 12);
        let bytes = request.encode();
        let asked = Asked::new(&request, &bytes);
        let body = match rng.below(8) {
            0 => Body::Refused(Refusal::NotUnderstood),
            1 => Body::Refused(Refusal::UnknownDeployment),
            2 => Body::Refused(Refusal::TooMuch),
            _ => Body::Done(request.ops.iter().map(|op| reply(op, &mut rng)).collect()),
        };
        let commit = rng.u64();
        let answer = Answer { request: &bytes, commit, body: body.clone() }.encode(sign);
        if let Body::Done(replies) = &body {
            let room: usize = replies.iter().map(Reply::encoded_len).sum();
            assert_eq!(answer.len(), Answer::EMPTY_BYTES + room, "seed {seed}");
        }
        let receipt = asked.open(&answer, verify).unwrap();
        assert_eq!(receipt.commit, commit);
        assert!(receipt.body == body, "seed {seed}");
        assert!(Asked::peek_id(&answer) == Some(request.id));
    }
}

/// F8 in the small: whatever is done to a request, it does not decode or it decodes to exactly those bytes.
#[test]
fn r6_changed_requests_are_refused_or_mean_themselves() {
    let mut refused = 0;
    for seed in 0..3_000 {
        let mut rng = Seeded::new(seed);
        let mut bytes = request(&mut rng, 8).encode().to_vec();
        match rng.below(4) {
            0 => bytes.truncate(rng.index(bytes.len())),
            1 => bytes.push(rng.u64() as u8),
            2 => {
                let at = rng.index(bytes.len());
                bytes[at] ^= 1 << rng.below(8);
            }
            _ => {
                let at = rng.index(bytes.len());
                bytes.remove(at);
            }
        }
        match Request::decode(&bytes) {
            Ok(request) => assert!(*request.encode() == bytes, "seed {seed}"),
            Err(Malformed) => refused += 1,
        }
    }
    assert!(refused > 1_000);
}

#[test]
fn r6_noise_is_refused() {
    for seed in 0..5_000 {
        let mut rng = Seeded::new(seed);
        let mut noise = b"HGV2".to_vec();
        noise.extend(bytes(&mut rng, 400));
        if noise.len() > 38 && rng.chance(70) {
            noise[36..38].copy_from_slice(&[0, 1 + rng.below(3) as u8]);
            if noise.len() > 39 {
                noise[38] = 1 + rng.below(10) as u8;
            }
        }
        if let Ok(request) = Request::decode(&noise) {
            assert!(*request.encode() == noise, "seed {seed}");
        }
    }
}

#[test]
fn a_vaults_lie_about_the_form_is_its_fault_and_anybody_elses_is_a_forgery() {
    let mut rng = Seeded::new(7);
    let ask = |rng: &mut Seeded| {
        let request = Request {
            deployment: Handle(array(rng)),
            id: RequestId(array(rng)),
            order: 1,
            ops: vec![Op::Status, Op::Destroy { handle: Handle([1; 16]) }],
        };
        let bytes = request.encode();
        (Asked::new(&request, &bytes), bytes)
    };
    let (asked, bytes) = ask(&mut rng);
    let (_, other) = ask(&mut rng);
    let status = Reply::Status { rows: 1, bytes: 2 };
    let good = Body::Done(vec![status.clone(), Reply::Destroy]);
    let fault = |request: &[u8], body: Body| {
        let answer = Answer { request, commit: 1, body }.encode(sign);
        asked.open(&answer, verify).err()
    };
    assert_eq!(fault(&bytes, good.clone()), None);
    assert_eq!(fault(&other, good.clone()), Some(AnswerFault::OtherRequest));
    assert_eq!(fault(&bytes, Body::Done(vec![status.clone()])), Some(AnswerFault::Unfit));
    assert_eq!(fault(&bytes, Body::Done(vec![Reply::Destroy, status])), Some(AnswerFault::Unfit));
    let answer = Answer { request: &bytes, commit: 1, body: good }.encode(sign);
    for at in 0..answer.len() {
        let mut changed = answer.to_vec();
        changed[at] ^= 1;
        assert_eq!(asked.open(&changed, verify).err(), Some(AnswerFault::Forged), "byte {at}");
    }
    // Same number, other operations: the hash tells.
    let mut twin = bytes.to_vec();
    *twin.last_mut().unwrap() ^= 1;
    assert_eq!(
        fault(&twin, Body::Done(vec![Reply::Destroy, Reply::Destroy])),
        Some(AnswerFault::OtherRequest)
    );
}

#[test]
fn limits_hold_at_the_border() {
    let request =
        |ops: Vec<Op>| Request { deployment: Handle([0; 16]), id: RequestId([0; 16]), order: 0, ops };
    let status = |count: usize| request((0..count).map(|_| Op::Status).collect());
    assert!(Request::decode(&status(limits::VAULT_OPS_MAX).encode()).is_ok());
    assert!(Request::decode(&status(limits::VAULT_OPS_MAX + 1).encode()).is_err());
    let stage = |sheet: usize, page: usize, n: usize| {
        request(vec![Op::Stage(Box::new(Stage {
            handle: Handle([0; 16]),
            from: Some(1),
            to: 2,
            piece: Piece { share: Zeroizing::new([0; 32]), commitments: vec![Commitment([0; 16]); n] },
            sheet: vec![0; sheet],
            pages: vec![(1, vec![0; page])],
            ended: Ended::AllOthers,
        }))])
    };
    let (sheet, page) = (limits::STATE_SHEET_BYTES_MAX, limits::STATE_PAGE_BYTES_MAX);
    assert!(Request::decode(&stage(sheet, page, limits::VAULTS_MAX).encode()).is_ok());
    assert!(Request::decode(&stage(sheet + 1, page, 1).encode()).is_err());
    assert!(Request::decode(&stage(sheet, page + 1, 1).encode()).is_err());
    assert!(Request::decode(&stage(sheet, page, 0).encode()).is_err());
    let long = vec![0; limits::VAULT_REQUEST_BYTES_MAX + 1];
    assert!(Request::decode(&long).is_err());
}

/// A count of items that are not there costs nothing: nothing is kept by the count alone.
#[test]
fn a_count_alone_takes_no_memory() {
    let mut bytes = request(&mut Seeded::new(1), 1).encode().to_vec();
    bytes[44..46].copy_from_slice(&19_999_u16.to_be_bytes());
    assert!(Request::decode(&bytes).is_err());
}

/// The vector of docs/keys.md: one request written out by hand.
#[test]
fn the_bytes_are_those_of_the_document() {
    let piece = Piece { share: Zeroizing::new([0xaa; 32]), commitments: vec![Commitment([0xbb; 16]); 2] };
    let tag = piece.tag();
    assert_eq!(tag.0, sha256(&[&[0xbb; 32]])[..16]);
    let request = Request {
        deployment: Handle([0x11; 16]),
        id: RequestId([0x22; 16]),
        order: 0x77,
        ops: vec![
            Op::Put { handle: Handle([0x33; 16]), epoch: 5, piece },
            Op::Commit { handle: Handle([0x44; 16]), to: 6, tag },
        ],
    };
    let mut expected = b"HGV2".to_vec();
    expected.extend([0x11; 16]);
    expected.extend([0x22; 16]);
    expected.extend([0, 0, 0, 0, 0, 0, 0, 0x77]);
    expected.extend([0, 2]);
    expected.push(3);
    expected.extend([0x33; 16]);
    expected.extend([0, 0, 0, 5]);
    expected.extend([0xaa; 32]);
    expected.push(2);
    expected.extend([0xbb; 32]);
    expected.push(6);
    expected.extend([0x44; 16]);
    expected.extend([0, 0, 0, 6]);
    expected.extend(tag.0);
    assert!(*request.encode() == expected);
}
