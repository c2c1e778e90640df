//! AES-256-IGE.

use aes::Aes256;
use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use crypto::Rng;
use crypto::ige::{self, NotBlocks};

use crate::support::{hex_array, session_key};
use crypto::testing::{Seeded, hex};

fn oracle_encrypt(key: &[u8; 32], iv: &[u8; 32], data: &[u8]) -> Vec<u8> {
    let mut out = data.to_vec();
    let cipher = ::ige::Encryptor::<Aes256>::new(key.into(), iv.into());
    cipher.encrypt_padded::<NoPadding>(&mut out, data.len()).unwrap();
    out
}

fn oracle_decrypt(key: &[u8; 32], iv: &[u8; 32], data: &[u8]) -> Vec<u8> {
    let mut out = data.to_vec();
    ::ige::Decryptor::<Aes256>::new(key.into(), iv.into()).decrypt_padded::<NoPadding>(&mut out).unwrap();
    out
}

#[test]
fn agrees_with_another_implementation_at_every_length() {
    let mut rng = Seeded::new(2);
    let rng: &mut dyn Rng = &mut rng;
    for blocks in (0..40).chain([63, 64, 65, 1_024]) {
        let (key, iv) = (rng.array(), rng.array());
        let mut plain = vec![0; blocks * 16];
        rng.fill(&mut plain);
        let mut data = plain.clone();
        ige::encrypt(&key, &iv, &mut data).unwrap();
        assert_eq!(data, oracle_encrypt(&key, &iv, &plain), "{blocks} blocks");
        ige::decrypt(&key, &iv, &mut data).unwrap();
        assert_eq!(data, plain, "{blocks} blocks");
        ige::decrypt(&key, &iv, &mut data).unwrap();
        assert_eq!(data, oracle_decrypt(&key, &iv, &plain), "{blocks} blocks");
    }
}

#[test]
fn data_that_is_no_blocks_is_refused_and_left_alone() {
    for len in (1..16).chain(17..32).chain([4_095, 4_097]) {
        let mut data = vec![0x5a; len];
        assert_eq!(ige::encrypt(&[1; 32], &[2; 32], &mut data), Err(NotBlocks));
        assert_eq!(ige::decrypt(&[1; 32], &[2; 32], &mut data), Err(NotBlocks));
        assert_eq!(data, vec![0x5a; len]);
    }
}

/// The encrypted messages of the protocol notes, whose keys their key derivation gives.
#[test]
fn session_packets_are_the_published_ones() {
    let mut plain = hex(
        "1111111111111111 2222222222222222 04000000 00f15365 00000000 0c000000 ec77be7a 0807060504030201",
    );
    plain.extend([0xaa; 20]);
    let key = hex_array("ed8917acfc08067007d2286b8a8a9fc4e15b1d98774f583a49da426f5a2dfb8a");
    let iv = hex_array("f6d4355b24f08ce4c924fdc8299baaa3e591d78848bfa48920b912d584f980ce");
    let msg_key = &crypto::sha256(&[&session_key()[88..120], &plain])[8..24];
    assert_eq!(msg_key, hex("0b5273db7be6ab3ff52f10d4b1a1c63f"));
    ige::encrypt(&key, &iv, &mut plain).unwrap();
    let ciphertext = "db35b384d13114ece4e3a87d687714a3 81fa561e37ed94fccd6b1bed5da7bdd502a13a314171f416
                      d40432dbd0a46a3f6da71bbc422f22e1 dd73a3767f9c3fe7";
    assert_eq!(plain, hex(ciphertext));
}

/// The binding message of the protocol notes: the key derivation of MTProto 1.0, written out.
#[test]
fn binding_packet_is_the_published_one() {
    let key = session_key();
    let mut plain =
        hex("cccccccccccccccccccccccccccccccc 04000000 00f15365 00000000 28000000 65f7a375 11100f0e0d0c0b0a
         3333333333333333 9ed6e6ef196cc931 2222222222222222 80425565 dddddddddddddddd");
    let msg_key = crypto::sha1(&[&plain[..72]])[4..20].to_vec();
    let a = crypto::sha1(&[&msg_key, &key[..32]]);
    let b = crypto::sha1(&[&key[32..48], &msg_key, &key[48..64]]);
    let c = crypto::sha1(&[&key[64..96], &msg_key]);
    let d = crypto::sha1(&[&msg_key, &key[96..128]]);
    let aes_key = [&a[..8], &b[8..20], &c[4..16]].concat().try_into().unwrap();
    let aes_iv = [&a[8..20], &b[..8], &c[16..20], &d[..8]].concat().try_into().unwrap();
    ige::encrypt(&aes_key, &aes_iv, &mut plain).unwrap();
    let packet = "9ed6e6ef196cc931 f8a5ec29ad41c2cafa7e88e637ed50ad 6f679e3ac0388dd59ec99bd8ca87ad25d61b96df
                  a053b3c53a9386eeff9426596338d04f51297e7b3893fba823f75ba5bf528cc0c6c452e04f89bbfbc46ce9e3
                  0eea66388e9d2401e63bd46d19924c42";
    assert_eq!([hex("9ed6e6ef196cc931"), msg_key, plain].concat(), hex(packet));
}
