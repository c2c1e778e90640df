//! Handshakes as an attacker would have them: every corruption of step 2 and 3 is answered alike and leads nowhere.

use crypto::dh;
use ids::limits::EXCHANGES_STARTED_PER_CONN_MAX;
use mtproto::server::CloseReason;
use tl::{Encode as _, mt};

use crate::raw_client::{Inner, Padding, RawClient, Run, encrypt, pad, plain};
use crate::support::NOON;
use crate::world::SERVER;
use crypto::testing::Seeded;

const PADDINGS: [Padding; 2] = [Padding::RsaPad, Padding::Sha1];

/// What may be wrong inside: the object's fields, the object's bytes, the padded number.
struct Corruption {
    name: &'static str,
    fields: fn(&mut Inner),
    bytes: fn(&mut Vec<u8>),
    number: fn(&mut [u8; 256], Padding),
}

const NONE: Corruption = Corruption { name: "none", fields: |_| {}, bytes: |_| {}, number: |_, _| {} };

const CORRUPTIONS: [Corruption; 16] = [
    Corruption { name: "first byte of the number", number: |number, _| number[0] ^= 1, ..NONE },
    Corruption { name: "hash or mask", number: |number, _| number[7] ^= 0x80, ..NONE },
    Corruption { name: "object in the number", number: |number, _| number[60] ^= 1, ..NONE },
    Corruption {
        name: "end of what is hashed",
        number: |number, padding| number[if padding == Padding::RsaPad { 255 } else { 120 }] ^= 1,
        ..NONE
    },
    Corruption { name: "the other padding's shape", number: |number, _| number[..32].reverse(), ..NONE },
    Corruption { name: "constructor", fields: |inner| inner.id ^= 1, ..NONE },
    Corruption { name: "pq", fields: |inner| inner.pq[7] ^= 2, ..NONE },
    Corruption { name: "p", fields: |inner| inner.p[3] ^= 2, ..NONE },
    Corruption { name: "q", fields: |inner| inner.q[3] ^= 2, ..NONE },
    Corruption {
        name: "p and q exchanged",
        fields: |inner| std::mem::swap(&mut inner.p, &mut inner.q),
        ..NONE
    },
    Corruption { name: "nonce", fields: |inner| inner.nonce[15] ^= 1, ..NONE },
    Corruption { name: "server_nonce", fields: |inner| inner.server_nonce[0] ^= 1, ..NONE },
    Corruption {
        name: "expires_in 0",
        fields: |inner| (inner.id, inner.expires_in) = (0x56fd_df88, Some(0)),
        ..NONE
    },
    Corruption {
        name: "expires_in below 0",
        fields: |inner| (inner.id, inner.expires_in) = (0x56fd_df88, Some(-1)),
        ..NONE
    },
    Corruption { name: "length of pq", bytes: |object| object[4] = 0xfe, ..NONE },
    Corruption { name: "length of p", bytes: |object| object[16] = 0xff, ..NONE },
];

/// Runs step 2 with a corruption; what came back and how the connection ended.
fn corrupted(
    corruption: &Corruption,
    padding: Padding,
) -> (Vec<Vec<u8>>, Option<CloseReason>, RawClient, Run) {
    let mut client = RawClient::new(20);
    let run = client.step_1();
    let mut inner = run.inner();
    (corruption.fields)(&mut inner);
    let mut object = inner.bytes();
    (corruption.bytes)(&mut object);
    let bend = |number: &mut [u8; 256]| (corruption.number)(number, padding);
    let ciphertext = encrypt(&object, padding, &SERVER.public[0], &mut client.rng, &bend);
    let request = plain(&run.request(ciphertext).to_bytes());
    let mut bytes = Vec::new();
    client.transport.send(&request, &mut client.rng, &mut bytes);
    client.server.input(&bytes, NOON, &mut client.rng);
    let sent = std::mem::take(&mut client.server.sent);
    (sent, client.server.closed, client, run)
}

/// T4: whatever is wrong under either padding, the bytes that come back and the end are the same, after exactly one
/// decryption; and the run is dead.
#[test]
fn corruptions_under_rsa_look_alike() {
    for padding in PADDINGS {
        let (sent, closed, client, _) = corrupted(&NONE, padding);
        assert_eq!((sent.len(), closed, client.server.jobs), (1, None, 1), "the test can succeed");
        for corruption in &CORRUPTIONS {
            let (sent, closed, mut client, run) = corrupted(corruption, padding);
            let name = corruption.name;
            assert_eq!(sent, [b"\x04\x00\x00\x00\x6c\xfe\xff\xff"], "{name}, {padding:?}");
            assert_eq!(closed, Some(CloseReason::Handshake), "{name}, {padding:?}");
            assert_eq!(client.server.jobs, 1, "{name}, {padding:?}");
            let ciphertext =
                encrypt(&run.inner().bytes(), padding, &SERVER.public[0], &mut client.rng, &|_| {});
            let mut bytes = Vec::new();
            client.transport.send(&plain(&run.request(ciphertext).to_bytes()), &mut client.rng, &mut bytes);
            client.server.input(&bytes, NOON, &mut client.rng);
            assert_eq!((client.server.sent.len(), client.server.jobs), (0, 1), "the run is dead");
        }
    }
}

/// Corruptions of what is in clear: refused without any work.
#[test]
fn corruptions_in_clear_cost_nothing() {
    let corruptions: [fn(&mut mt::ReqDHParams); 10] = [
        |request| request.nonce[0] ^= 1,
        |request| request.server_nonce[15] ^= 1,
        |request| request.p[3] ^= 2,
        |request| request.q[3] ^= 2,
        |request| std::mem::swap(&mut request.p, &mut request.q),
        |request| request.p = vec![1; 9],
        |request| request.public_key_fingerprint ^= 1,
        |request| request.encrypted_data.truncate(255),
        |request| request.encrypted_data.insert(0, 0),
        |request| request.encrypted_data.clear(),
    ];
    for (index, corrupt) in corruptions.into_iter().enumerate() {
        let mut client = RawClient::new(21);
        let run = client.step_1();
        let ciphertext =
            encrypt(&run.inner().bytes(), Padding::RsaPad, &SERVER.public[0], &mut client.rng, &|_| {});
        let mut request = run.request(ciphertext);
        corrupt(&mut request);
        let answers = client.exchange(&plain(&request.to_bytes()));
        assert_eq!(answers, [(-404_i32).to_le_bytes()], "{index}");
        assert_eq!((client.server.jobs, client.server.closed), (0, Some(CloseReason::Handshake)), "{index}");
    }
}

/// A ciphertext for another of the server's keys than the one it names.
#[test]
fn fingerprint_selects_the_key() {
    let mut client = RawClient::new(22);
    let run = client.step_1();
    let ciphertext =
        encrypt(&run.inner().bytes(), Padding::RsaPad, &SERVER.public[1], &mut client.rng, &|_| {});
    let mut request = run.request(ciphertext.clone());
    assert_eq!(client.exchange(&plain(&request.to_bytes())), [(-404_i32).to_le_bytes()]);
    let mut client = RawClient::new(22);
    assert!(client.step_1().nonce == run.nonce);
    request.public_key_fingerprint = SERVER.public[1].fingerprint() as i64;
    run.open(&client.ask(&request.to_bytes()));
}

/// A request that was decrypted once is not decrypted again for another `server_nonce`: a captured one is worthless.
#[test]
fn captured_step_2_is_worthless_elsewhere() {
    let mut client = RawClient::new(23);
    let run = client.step_1();
    let (request, _) = client.step_2(&run);
    let mut other = RawClient::new(24);
    let later = other.step_1();
    let mut replayed = match <mt::ReqDHParams as tl::Decode>::from_bytes(&request) {
        Ok(request) => request,
        Err(error) => panic!("{error}"),
    };
    assert_eq!(other.exchange(&plain(&request)), [(-404_i32).to_le_bytes()]);
    let mut other = RawClient::new(24);
    assert!(other.step_1().server_nonce == later.server_nonce);
    (replayed.nonce, replayed.server_nonce) = (later.nonce, later.server_nonce);
    (replayed.p, replayed.q) = (later.p.to_be_bytes().to_vec(), later.q.to_be_bytes().to_vec());
    assert_eq!(other.exchange(&plain(&replayed.to_bytes())), [(-404_i32).to_le_bytes()]);
    assert_eq!(other.server.jobs, 1);
}

/// A client that has done step 2, and what it needs for step 3.
fn after_step_2(seed: u64) -> (RawClient, Run) {
    let mut client = RawClient::new(seed);
    let run = client.step_1();
    client.step_2(&run);
    (client, run)
}

fn refused(mut client: RawClient, request: &[u8]) {
    let jobs = client.server.jobs;
    assert_eq!(client.exchange(&plain(request)), [(-404_i32).to_le_bytes()]);
    assert_eq!(client.server.closed, Some(CloseReason::Handshake));
    assert_eq!((client.server.created.len(), client.server.jobs), (0, jobs));
}

/// T8: values of g_b that would give the key away, or that no client draws, are refused and none is stored.
#[test]
fn weak_values_of_g_b_are_refused() {
    let p = dh::PRIME;
    let plus = |bytes: [u8; 256], at: usize, by: i16| {
        let mut sum = bytes;
        let mut carry = by;
        for byte in sum[..=at].iter_mut().rev() {
            let value = i16::from(*byte) + carry;
            (*byte, carry) = (value.rem_euclid(256) as u8, value.div_euclid(256));
        }
        sum
    };
    let zero = [0; 256];
    let lowest = plus(zero, 7, 1);
    let highest = plus(p, 7, -1);
    let weak: [(&str, Vec<u8>); 15] = [
        ("nothing", Vec::new()),
        ("0", vec![0]),
        ("0, long", zero.to_vec()),
        ("1", vec![1]),
        ("1, long", plus(zero, 255, 1).to_vec()),
        ("2", vec![2]),
        ("p - 1", plus(p, 255, -1).to_vec()),
        ("p", p.to_vec()),
        ("p + 1", plus(p, 255, 1).to_vec()),
        ("2^1984 - 1", plus(lowest, 255, -1).to_vec()),
        ("p - 2^1984 + 1", plus(highest, 255, 1).to_vec()),
        ("2^2048 - 1", vec![0xff; 256]),
        ("short", vec![0x7f; 247]),
        ("257 bytes", [&[1][..], &lowest].concat()),
        ("257 bytes, a zero in front", [&[0][..], &lowest].concat()),
    ];
    for (seed, (name, g_b)) in (30..).zip(weak) {
        println!("g_b = {name}");
        let (client, run) = after_step_2(seed);
        refused(client, &run.step_3(&g_b, 0));
    }
    for (seed, g_b) in (50..).zip([lowest.to_vec(), lowest[7..].to_vec(), highest.to_vec()]) {
        let (mut client, run) = after_step_2(seed);
        client.ask(&run.step_3(&g_b, 0));
        assert_eq!(client.server.created.len(), 1, "the borders themselves are good");
    }
}

/// Step 3 with anything else wrong.
#[test]
fn corruptions_of_step_3_are_refused() {
    type Bend = fn(&mut Vec<u8>);
    let bends: [Bend; 9] = [
        |data| data[0] ^= 1,
        |data| data[19] ^= 1,
        |data| data[20] ^= 1,
        |data| data[24] ^= 1,
        |data| data[40] ^= 1,
        |data| data[70] ^= 1,
        |data| data[57] = 0xff,
        |data| data.truncate(data.len() - 1),
        |data| data.truncate(16),
    ];
    let mut rng = Seeded::new(60);
    let g_b = dh::public(&dh::Secret::random(&mut rng)).unwrap();
    for (seed, bend) in (60..).zip(bends) {
        let (client, run) = after_step_2(seed);
        refused(client, &run.step_3_bent(g_b.as_bytes(), 0, 0, &|data| bend(data)));
    }
    let (client, run) = after_step_2(80);
    refused(client, &run.step_3_bent(g_b.as_bytes(), 0, 16, &|_| {}));
    let (client, run) = after_step_2(81);
    refused(client, &run.step_3(g_b.as_bytes(), 1));
    let (client, mut run) = after_step_2(82);
    run.new_nonce[0] ^= 1;
    refused(client, &run.step_3(g_b.as_bytes(), 0));
    let (client, mut run) = after_step_2(83);
    run.server_nonce[0] ^= 1;
    refused(client, &run.step_3(g_b.as_bytes(), 0));
}

/// T5: step 3 cannot come first, nor twice with different content, nor on another connection.
#[test]
fn step_3_has_one_place() {
    let mut rng = Seeded::new(90);
    let g_b = dh::public(&dh::Secret::random(&mut rng)).unwrap();
    let mut client = RawClient::new(90);
    let run = client.step_1();
    refused(client, &run.step_3(g_b.as_bytes(), 0));

    let (mut client, run) = after_step_2(91);
    let request = run.step_3(g_b.as_bytes(), 0);
    client.ask(&request);
    let other = dh::public(&dh::Secret::random(&mut rng)).unwrap();
    let answers = client.exchange(&plain(&run.step_3(other.as_bytes(), 0)));
    assert_eq!((answers, client.server.created.len()), (vec![(-404_i32).to_le_bytes().to_vec()], 1));

    let mut elsewhere = RawClient::new(92);
    elsewhere.step_1();
    refused(elsewhere, &request);
}

/// A5: drawing pq costs more than asking for it, so a connection that asks again and again is closed.
#[test]
fn flood_of_first_steps_is_cut_off() {
    let mut client = RawClient::new(97);
    for count in 0..=EXCHANGES_STARTED_PER_CONN_MAX {
        let request = mt::ReqPq { nonce: [count as u8; 16] }.to_bytes();
        if count < EXCHANGES_STARTED_PER_CONN_MAX {
            client.ask(&request);
            assert_eq!(client.ask(&request).len(), client.ask(&request).len(), "repetitions do not count");
        } else {
            refused(client, &request);
            break;
        }
    }
}

/// Anything but the four requests is refused; an unreadable envelope gets silence.
#[test]
fn other_plain_messages_are_refused() {
    let (ping, gzip) = (0x7abe_77ec_u32, 0x3072_cfa1_u32);
    for id in [ping, gzip, 0, 0x0516_2463] {
        let mut client = RawClient::new(93);
        client.step_1();
        refused(client, &[&id.to_le_bytes()[..], &[0; 32]].concat());
    }
    for body in [&[][..], &[1, 2, 3], &mt::ReqPq { nonce: [1; 16] }.to_bytes()[..16]] {
        refused(RawClient::new(94), body);
    }
    let mut short = plain(&mt::ReqPq { nonce: [1; 16] }.to_bytes());
    short[16] += 1;
    for payload in [&short[..], &short[..16], &[0; 8]] {
        let mut client = RawClient::new(95);
        assert!(client.exchange(payload).is_empty());
        assert_eq!(client.server.closed, Some(CloseReason::Message));
    }
}

/// The two readings of one number must not disagree with the test's own: sanity of the oracle used above.
#[test]
fn raw_client_pads_as_documented() {
    let mut rng = Seeded::new(96);
    for padding in PADDINGS {
        let object = [7; 100];
        let decoded = crypto::padding::decode(&pad(&object, padding, &mut rng));
        assert!(bool::from(decoded.accepts(100)));
        assert_eq!(decoded.data()[..100], object);
    }
}
