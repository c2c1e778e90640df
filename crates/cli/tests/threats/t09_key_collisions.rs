//! T9: a new key with the id of another one.
//!
//! Nobody can make such a key on purpose: its id is a part of the SHA-1 of g^ab, and the server's half is fresh in each
//! exchange, so a collision costs 2^64 exchanges. From outside only the rule for `retry_id` can be seen; red without
//! `retry_id.to_le_bytes() == expected_retry` in `mtproto::handshake::server::dh_sent::DhSent::open`. The rest is tested
//! where the store's word on a key can be put in its mouth: `dh_gen_retry` five times and then `dh_gen_fail`, and that the
//! second try must name the first one's hash, in `crates/mtproto/tests/it/handshakes.rs`
//! (`colliding_keys_are_retried_five_times`, `retry_id_is_the_aux_hash_of_the_last_try`); that the id of a key that lives
//! is not taken a second time, and its owner not concerned, in `crates/server/src/handlers/keys.rs`.
use crate::exchange::{NOT_FOUND, Run, draw};
use crate::ground::{Ground, random};
use crate::raw::{Answer, Raw};

#[tokio::test]
async fn t9_a_first_try_is_no_second_one() {
    let ground = Ground::open(&[]).await;
    let trusted = ground.rsa_key();
    for retry_id in [1, -1, i64::from_le_bytes(random())] {
        let mut raw = Raw::connect(&ground.plain()).await;
        let run = Run::begin(&mut raw).await;
        let (g_a, _) = run.agree(&mut raw, trusted).await;
        let (g_b, key) = draw(&g_a);
        assert_eq!(raw.ask(&run.step_3(g_b.as_bytes(), retry_id)).await, NOT_FOUND);
        assert_eq!(raw.answer().await, Answer::Closed);
        // Nor does the hash that a second try would name make a first one.
        let mut raw = Raw::connect(&ground.plain()).await;
        let run = Run::begin(&mut raw).await;
        run.agree(&mut raw, trusted).await;
        let named = i64::from_le_bytes(key.aux_hash());
        assert_eq!(raw.ask(&run.step_3(g_b.as_bytes(), named)).await, NOT_FOUND);
    }
}
