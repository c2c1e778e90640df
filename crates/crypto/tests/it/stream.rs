//! STREAM: what is read is what was written, at every length and range, and no segment can be cut off, moved or mixed.

use std::num::NonZeroU32;

use crypto::Rng;
use crypto::aead::{Forged, Key, TAG_BYTES};
use crypto::stream::{BadLength, Layout, Opener, Sealer};
use crypto::testing::Seeded;

const KEY: [u8; 32] = [1; 32];
const PREFIX: [u8; 7] = *b"prefix!";

fn segment(bytes: u32) -> NonZeroU32 {
    NonZeroU32::new(bytes).unwrap()
}

fn seal(plain: &[u8], segment: NonZeroU32, prefix: [u8; 7]) -> Vec<u8> {
    let layout = Layout::of_plain(plain.len() as u64, segment).unwrap();
    let sealer = Sealer::new(&KEY, prefix, layout);
    let mut sealed = Vec::new();
    for index in 0..=layout.last() {
        let range = layout.plain_range(index);
        let mut buffer = plain[range.start as usize..range.end as usize].to_vec();
        sealer.seal(index, b"file", &mut buffer).unwrap();
        assert_eq!(sealed.len() as u64, layout.sealed_range(index).start);
        sealed.append(&mut buffer);
        assert_eq!(sealed.len() as u64, layout.sealed_range(index).end);
    }
    sealed
}

/// All segments one after the other, as a reader takes them from what he finds.
fn open(sealed: &[u8], segment: NonZeroU32, prefix: [u8; 7]) -> Option<Vec<u8>> {
    let layout = Layout::of_sealed(sealed.len() as u64, segment).ok()?;
    let opener = Opener::new(&KEY, prefix, layout);
    let mut plain = Vec::new();
    for index in 0..=layout.last() {
        let range = layout.sealed_range(index);
        let mut buffer = sealed[range.start as usize..range.end as usize].to_vec();
        plain.extend_from_slice(opener.open(index, b"file", &mut buffer).ok()?);
    }
    assert_eq!(plain.len() as u64, layout.plain_bytes());
    Some(plain)
}

fn random(len: usize, seed: u64) -> Vec<u8> {
    let mut plain = vec![0; len];
    Seeded::new(seed).fill(&mut plain);
    plain
}

#[test]
fn every_length_comes_back() {
    for bytes in [1, 2, 7, 16, 64] {
        for len in 0..200 {
            let plain = random(len, len as u64);
            let sealed = seal(&plain, segment(bytes), PREFIX);
            let segments = len.div_ceil(bytes as usize).max(1);
            assert_eq!(sealed.len(), len + segments * TAG_BYTES, "{len} by {bytes}");
            assert_eq!(open(&sealed, segment(bytes), PREFIX).unwrap(), plain, "{len} by {bytes}");
        }
    }
}

/// The bytes are those the description says: prefix, index and last flag make the nonce.
#[test]
fn a_segment_is_an_aead_under_the_nonce_described() {
    let plain = random(20, 1);
    let sealed = seal(&plain, segment(8), PREFIX);
    for (index, last, range) in [(0, 0, 0..8), (1, 0, 8..16), (2, 1, 16..20)] {
        let nonce: [u8; 12] = [&PREFIX[..], &[0, 0, 0, index, last]].concat().try_into().unwrap();
        let mut expected = plain[range].to_vec();
        Key::new(&KEY).seal(&nonce, b"file", &mut expected, 0);
        let start = usize::from(index) * 24;
        assert_eq!(sealed[start..start + expected.len()], expected);
    }
}

#[test]
fn a_range_is_read_without_the_rest() {
    let plain = random(1_000, 2);
    let layout = Layout::of_plain(1_000, segment(64)).unwrap();
    let sealed = seal(&plain, segment(64), PREFIX);
    let opener = Opener::new(&KEY, PREFIX, Layout::of_sealed(sealed.len() as u64, segment(64)).unwrap());
    let mut rng = Seeded::new(3);
    for _ in 0..500 {
        let start = rng.below(1_000);
        let (index, within) = layout.find(start);
        let range = layout.sealed_range(index);
        let mut buffer = sealed[range.start as usize..range.end as usize].to_vec();
        let opened = opener.open(index, b"file", &mut buffer).unwrap();
        assert_eq!(opened[within as usize], plain[start as usize]);
        assert_eq!(layout.plain_range(index).start + within, start);
    }
    assert!(layout.sealed_range(layout.last() + 1).is_empty());
    assert!(layout.plain_range(u64::MAX).is_empty());
}

/// P16: cutting anywhere, also between segments, is seen by whoever reads to the end, and so is adding.
#[test]
fn p16_truncation_and_extension_are_seen() {
    for len in [0, 1, 16, 17, 50, 64] {
        let sealed = seal(&random(len, 4), segment(16), PREFIX);
        for cut in 0..sealed.len() {
            assert_eq!(open(&sealed[..cut], segment(16), PREFIX), None, "{len} cut to {cut}");
        }
        for more in [1, TAG_BYTES, 32, sealed.len()] {
            let longer: Vec<u8> = sealed.iter().chain(sealed.iter().cycle().take(more)).copied().collect();
            assert_eq!(open(&longer, segment(16), PREFIX), None, "{len} and {more} more");
        }
    }
}

/// P16: whole segments stay where they are.
#[test]
fn p16_reordered_repeated_and_foreign_segments_are_seen() {
    let plain = random(64, 5);
    let sealed = seal(&plain, segment(16), PREFIX);
    let other = seal(&plain, segment(16), *b"another");
    let of = |sealed: &[u8], index: usize| sealed[index * 32..(index + 1) * 32].to_vec();
    let opener = Opener::new(&KEY, PREFIX, Layout::of_plain(64, segment(16)).unwrap());
    for at in 0..4 {
        for from in 0..4 {
            let answer = opener.open(at, b"file", &mut of(&sealed, from)).map(|plain| plain.to_vec());
            let expected = &plain[from * 16..(from + 1) * 16];
            assert_eq!(answer, if from as u64 == at { Ok(expected.to_vec()) } else { Err(Forged) });
            assert_eq!(opener.open(at, b"file", &mut of(&other, from)), Err(Forged));
        }
        assert_eq!(opener.open(at, b"another file", &mut of(&sealed, at as usize)), Err(Forged));
    }
    assert_eq!(opener.open(4, b"file", &mut of(&sealed, 3)), Err(Forged));
    // The first segments of a long stream are not a short one, though their lengths would do.
    let shorter = Opener::new(&KEY, PREFIX, Layout::of_plain(32, segment(16)).unwrap());
    assert_eq!(shorter.open(1, b"file", &mut of(&sealed, 1)), Err(Forged));
}

#[test]
fn segments_that_do_not_fit_the_layout_are_not_sealed() {
    let sealer = Sealer::new(&KEY, PREFIX, Layout::of_plain(20, segment(8)).unwrap());
    for (index, len) in [(0, 7), (0, 9), (1, 4), (2, 8), (2, 0), (3, 0), (3, 4), (u64::MAX, 0)] {
        let mut buffer = vec![1; len];
        assert_eq!(sealer.seal(index, b"", &mut buffer), Err(BadLength), "{index}: {len}");
        assert_eq!(buffer, vec![1; len]);
    }
}

#[test]
fn lengths_that_no_stream_has_are_refused() {
    let of_sealed =
        |sealed, bytes| Layout::of_sealed(sealed, segment(bytes)).map(|layout| layout.plain_bytes());
    assert_eq!(of_sealed(16, 8), Ok(0));
    assert_eq!(of_sealed(24, 8), Ok(8));
    assert_eq!(of_sealed(41, 8), Ok(9));
    // Too short for a tag; an empty last segment after a full one.
    for sealed in [0, 15, 25, 40] {
        assert_eq!(of_sealed(sealed, 8), Err(BadLength), "{sealed}");
    }
    // 2^32 segments and no more.
    assert!(Layout::of_plain(1 << 32, segment(1)).is_ok());
    assert_eq!(Layout::of_plain((1 << 32) + 1, segment(1)), Err(BadLength));
    assert_eq!(of_sealed(17 << 32, 1), Ok(1 << 32));
    assert_eq!(of_sealed((17 << 32) + 17, 1), Err(BadLength));
    for sealed in [u64::MAX, u64::MAX - 16] {
        assert!(of_sealed(sealed, 1).is_err());
    }
}
