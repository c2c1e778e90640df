//! Sharing and joining: any k pieces give the key, and every other piece; whoever holds another one is named.

use crypto::{sign::SigningKey, testing::Seeded};

use super::*;
use crate::{Member, Roster};

fn deployment(n: u8, k: u8, local: u8) -> Deployment {
    let member = |vault: u8| Member {
        key: SigningKey::from_seed(&[vault; 32]).verifying(),
        place: "here".to_owned(),
        jurisdiction: format!("land-{vault}"),
    };
    Deployment::new(Roster::new(k, (1..=n).map(member).collect()).unwrap(), &Secret::new([local; 32]))
}

fn views(deployment: &Deployment, pieces: &[Piece], holders: &[u8], epoch: u32) -> Views {
    let mut views = Views::none(deployment);
    for &vault in holders {
        let piece = pieces[usize::from(vault) - 1].clone();
        views.heard(VaultNo(vault), View { current: Some(Entry { epoch, piece }), staged: None });
    }
    views
}

#[test]
fn p09_any_k_pieces_give_the_key_and_every_other_piece() {
    let name = KeyName::Root;
    for (n, k) in [(3, 2), (5, 3), (15, 14)] {
        let deployment = deployment(n, k, 1);
        let fresh = draw(&deployment, name, 4, &mut Seeded::new(1));
        for skip in 0..=n - k {
            let holders: Vec<u8> = (1 + skip..1 + skip + k).collect();
            let groups = views(&deployment, &fresh.pieces, &holders, 4).weigh(&deployment, name).groups;
            let key = groups[0].key(&deployment, name).unwrap();
            assert_eq!(key.expose(), fresh.key.expose());
            for vault in 1..=n {
                let piece = groups[0].piece(&deployment, name, VaultNo(vault)).unwrap();
                assert!(piece == fresh.pieces[usize::from(vault) - 1], "vault {vault} of {n}");
            }
            let few = views(&deployment, &fresh.pieces, &holders[1..], 4).weigh(&deployment, name).groups;
            assert!(few[0].key(&deployment, name).is_none());
            assert!(few[0].piece(&deployment, name, VaultNo(holders[0])).is_none());
        }
    }
}

/// P10: k vaults without the local part have the secret, and the key is another thing.
#[test]
fn p10_without_the_local_part_there_is_no_key() {
    let (ours, other) = (deployment(3, 2, 1), deployment(3, 2, 2));
    let name = KeyName::C(ids::BoxId(9));
    let fresh = draw(&ours, name, 0, &mut Seeded::new(2));
    let secret = share::join(&[
        share::Share { at: 1, bytes: fresh.pieces[0].share.clone() },
        share::Share { at: 2, bytes: fresh.pieces[1].share.clone() },
    ])
    .unwrap();
    assert_ne!(*secret, *fresh.key.expose());
    assert_ne!(other.shared_key(&secret, name, 0).expose(), fresh.key.expose());
    assert_eq!(ours.shared_key(&secret, name, 0).expose(), fresh.key.expose());
    // However often it is shared, but for X, of which each epoch has its own.
    assert_eq!(ours.shared_key(&secret, name, 1).expose(), fresh.key.expose());
    let x = KeyName::X(ids::BoxId(9));
    assert_ne!(ours.shared_key(&secret, x, 0).expose(), ours.shared_key(&secret, x, 1).expose());
    // Handles differ from vault to vault, key to key, and deployment to deployment.
    let handles = [
        ours.handle(name, VaultNo(1)),
        ours.handle(name, VaultNo(2)),
        ours.handle(KeyName::X(ids::BoxId(9)), VaultNo(1)),
        other.handle(name, VaultNo(1)),
    ];
    for (at, handle) in handles.iter().enumerate() {
        assert!(!handles[at + 1..].contains(handle));
    }
}

#[test]
fn whoever_holds_another_share_is_named_and_left_out() {
    let deployment = deployment(5, 3, 1);
    let name = KeyName::Root;
    let fresh = draw(&deployment, name, 0, &mut Seeded::new(3));
    let mut pieces = fresh.pieces.clone();
    pieces[1].share[0] ^= 1;
    pieces[3].commitments.pop();
    let weighed = views(&deployment, &pieces, &[1, 2, 3, 4, 5], 0).weigh(&deployment, name);
    assert_eq!(weighed.unheard, 2);
    assert_eq!(weighed.groups.len(), 1);
    assert_eq!(weighed.groups[0].current, [VaultNo(1), VaultNo(3), VaultNo(5)]);
    assert_eq!(weighed.groups[0].key(&deployment, name).unwrap().expose(), fresh.key.expose());
    let mut named: Vec<u8> = deployment.take_named().iter().map(|named| named.vault.0).collect();
    named.sort_unstable();
    assert_eq!(named, [2, 4]);
    assert!(deployment.take_named().is_empty());
}

/// The bytes of docs/keys.md 2 and 3, computed here from hashes alone.
#[test]
fn handles_and_commitments_are_those_of_the_document() {
    let deployment = deployment(3, 2, 7);
    let name = KeyName::X(ids::BoxId(-3));
    let prf_key = crypto::hkdf::derive(&[7; 32], b"", &[b"heliograph handle"]);
    let mut message = vec![3];
    message.extend((-3_i64).to_be_bytes());
    message.push(2);
    let handle = crypto::hmac_sha256(&*prf_key, &[&message]);
    assert_eq!(deployment.handle(name, VaultNo(2)).0, handle[..16]);
    let fresh = draw(&deployment, name, 6, &mut Seeded::new(4));
    let mut text = b"heliograph share".to_vec();
    text.extend(&handle[..16]);
    text.extend(6_u32.to_be_bytes());
    text.push(2);
    text.extend(&*fresh.pieces[1].share);
    assert_eq!(fresh.pieces[0].commitments[1].0, sha256(&[&text])[..16]);
}
