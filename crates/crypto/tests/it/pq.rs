//! The proof of work.

use std::collections::HashSet;

use crypto::pq::{Pq, factor};

use crypto::testing::Seeded;

fn is_prime_by_division(number: u32) -> bool {
    number > 2
        && number % 2 == 1
        && (3..).step_by(2).take_while(|d| d * d <= u64::from(number)).all(|d| u64::from(number) % d != 0)
}

#[test]
fn generated_pairs_have_the_form_clients_expect() {
    let mut rng = Seeded::new(4);
    let mut seen = HashSet::new();
    for _ in 0..200 {
        let pq = Pq::generate(&mut rng);
        assert!(pq.p < pq.q && is_prime_by_division(pq.p) && is_prime_by_division(pq.q), "{pq:?}");
        assert!(pq.p > 1 << 30 && pq.q < 1 << 31, "{pq:?}");
        assert_eq!(pq.product().to_be_bytes()[0] >> 6, 0, "the top bit and the next are clear");
        assert!(pq.product() >= 1 << 60, "eight bytes and no fewer");
        assert!(seen.insert(pq.product()), "a pair came twice");
    }
}

#[test]
fn factors_what_the_server_generates() {
    let mut rng = Seeded::new(5);
    for _ in 0..40 {
        let pq = Pq::generate(&mut rng);
        assert_eq!(factor(pq.product()), Some(pq));
    }
}

#[test]
fn factors_the_documented_example_and_odd_shapes() {
    assert_eq!(factor(0x17ed_4894_1a08_f981), Some(Pq { p: 0x494c_553b, q: 0x5391_1073 }));
    for (p, q) in [
        (3, 5),
        (3, 7),
        (5, 7),
        (7, 61),
        (3, 4_294_967_291),
        (65_537, 4_294_967_291),
        (4_294_967_279, 4_294_967_291),
    ] {
        assert_eq!(factor(u64::from(p) * u64::from(q)), Some(Pq { p, q }), "{p} * {q}");
    }
}

#[test]
fn what_is_no_such_product_is_given_up() {
    let (prime, square) = (18_446_744_073_709_551_557, 4_294_967_291_u64.pow(2));
    for number in [
        0,
        1,
        2,
        3,
        4,
        9,
        25,
        1 << 62,
        prime,
        square,
        u64::MAX,
        3 * 5 * 7,
        2 * 4_294_967_291,
        3 * 1_000_000_000_039,
    ] {
        assert_eq!(factor(number), None, "{number}");
    }
}
