//! Both headers, both directions, and the bomb (A8).

use std::io::Write;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use tl::codec::{Encode, put_bytes};

use super::{GZIP_PACKED, GzipError, Packer, unpack};

fn object(packed: &[u8]) -> Vec<u8> {
    let mut object = Vec::new();
    GZIP_PACKED.encode(&mut object);
    put_bytes(&mut object, packed);
    object
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).unwrap();
    object(&encoder.finish().unwrap())
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).unwrap();
    object(&encoder.finish().unwrap())
}

#[test]
fn both_headers_are_read() {
    let data: Vec<u8> = (0..5000_u32).flat_map(|n| (n % 71).to_le_bytes()).collect();
    let mut budget = 1 << 20;
    assert!(unpack(&gzip(&data), &mut budget) == Ok(data.clone()));
    assert!(unpack(&zlib(&data), &mut budget) == Ok(data.clone()));
    assert_eq!(budget, (1 << 20) - 2 * data.len());
}

#[test]
fn a8_output_stops_at_the_budget() {
    let limit = 1 << 20;
    let (mut exact, mut less) = (limit, limit - 1);
    let full = gzip(&vec![0; limit]);
    assert_eq!(unpack(&full, &mut exact).map(|data| data.len()), Ok(limit));
    assert_eq!(exact, 0);
    assert_eq!(unpack(&full, &mut less), Err(GzipError::TooLarge));
    assert_eq!(less, 0);
}

#[test]
fn a8_a_bomb_costs_no_more_than_its_budget() {
    // 64 MiB out of 64 KiB: what is not read is not paid for.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..64 {
        encoder.write_all(&[0; 1 << 20]).unwrap();
    }
    let bomb = object(&encoder.finish().unwrap());
    let mut budget = 1 << 20;
    assert_eq!(unpack(&bomb, &mut budget), Err(GzipError::TooLarge));
}

#[test]
fn broken_streams_are_malformed() {
    let good = gzip(b"some words that are packed");
    let mut budget = 1 << 20;
    for cut in 0..good.len() - 4 {
        assert_eq!(unpack(&good[..cut], &mut budget), Err(GzipError::Malformed), "cut at {cut}");
    }
    let mut wrong_sum = good.clone();
    let last = wrong_sum.len() - 8;
    wrong_sum[last] ^= 1;
    assert_eq!(unpack(&wrong_sum, &mut budget), Err(GzipError::Malformed));
    for packed in [&b""[..], b"\x1f", b"plain text", b"\x1f\x8b", b"\x78\x9c"] {
        assert_eq!(unpack(&object(packed), &mut budget), Err(GzipError::Malformed));
    }
    assert!(budget > (1 << 20) - 4096);
}

#[test]
fn a8_a_broken_stream_costs_what_came_out_of_it() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; 1 << 19]).unwrap();
    let mut stream = encoder.finish().unwrap();
    let whole = object(&stream);
    // The checksum stands before the last four bytes.
    let checksum = stream.len() - 8;
    stream[checksum] ^= 1;
    let broken = object(&stream);
    let mut budget = 1 << 20;
    assert_eq!(unpack(&broken, &mut budget), Err(GzipError::Malformed));
    assert_eq!(budget, 1 << 19);
    assert!(unpack(&whole, &mut budget).is_ok());
    assert_eq!(unpack(&gzip(&[0; 1]), &mut budget), Err(GzipError::TooLarge));
}

#[test]
fn packer_makes_things_smaller_or_leaves_them() {
    let mut packer = Packer::new();
    let short = vec![7; 508];
    assert_eq!(packer.pack(short.clone()), short);
    for round in 0..3_u8 {
        let long = vec![round; 4096];
        let packed = packer.pack(long.clone());
        assert!(packed.len() < 100);
        assert!(packed.len().is_multiple_of(4));
        assert!(unpack(&packed, &mut (1 << 20)) == Ok(long));
    }
    let mut noise = Vec::new();
    for n in 0..100_u32 {
        noise.extend_from_slice(&crypto::sha256(&[&n.to_le_bytes()]));
    }
    assert!(packer.pack(noise.clone()) == noise);
}
