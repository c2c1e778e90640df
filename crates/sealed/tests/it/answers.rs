//! Every derivation of docs/keys.md against an implementation of its formulas that shares nothing with the crate.

use crypto::Rng;
use crypto::testing::{Filled, Seeded, hex};
use ids::{AuthKeyId, BoxId};
use sealed::{
    DirectoryBox, Header, LeafError, Number, NumberRange, OwnerTag, PageId, Secret, Version, table,
};

use crate::naive::{self, hkdf, prf};
use crate::world::{ALICE, C, ROOT, Ticked, X, range, ring, secrets, x_of};

/// Of the box [`ALICE`].
fn secret_of_alice(mut key: naive::Key) -> naive::Key {
    key[..8].copy_from_slice(&ALICE.0.to_be_bytes());
    key
}

fn row_key() -> naive::Key {
    hkdf(&ROOT, b"", b"heliograph rows")
}

#[test]
fn row_keys() {
    let names = ring(8, 1).names().unwrap();
    let tags: [(OwnerTag, &str); 6] = [
        (OwnerTag::Box(ALICE), "01 0000000000001267"),
        (OwnerTag::of_box(OwnerTag::SHORT_LIVED), "01 ffffffffffffffe0"),
        (OwnerTag::Device(AuthKeyId(0xfedc_ba98_7654_3210)), "02 fedcba9876543210"),
        (OwnerTag::of_box(BoxId(-1)), "03 0000000000000000"),
        (OwnerTag::of_box(BoxId(-16)), "03 000000000000000f"),
        (OwnerTag::System, "04 0000000000000000"),
    ];
    for (tag, bytes) in tags {
        let tag_bytes = hex(bytes);
        let owner = names.owner(tag);
        let prefix = &prf(&row_key(), &[b"owner", &tag_bytes])[..12];
        assert_eq!(owner.prefix(), prefix);
        let row = owner.row(0xff02, b"suffix");
        assert_eq!(row.as_bytes(), [prefix, &[0xff, 0x02], b"suffix"].concat());
        assert_eq!((row.table(), row.suffix()), (Some(table::PAGE), &b"suffix"[..]));
        let number = 0x0102_0304_0506_0708_u64;
        let mask = &prf(&row_key(), &[b"mask", &tag_bytes, &number.to_be_bytes()])[..8];
        assert_eq!(owner.mask(number), mask);
    }
    // Also those that are remembered, and those that take their place.
    for number in (0..64_u64).chain([0, 1 << 10, 1 << 40, 0, 1 << 10, 1, u64::MAX]) {
        let subject = names.subject(number);
        let masked = &prf(&row_key(), &[b"subject", &number.to_be_bytes()])[..16];
        assert_eq!(subject.masked, masked);
        assert_eq!(subject.shelf.index(), masked[0] % 16);
        let name = number.to_string();
        let hash = prf(&row_key(), &[b"page", name.as_bytes()]);
        let page = u16::from_be_bytes([hash[0], hash[1]]) % 4096;
        let of_name = names.page(name.as_bytes());
        assert_eq!((of_name.page, u16::from(of_name.shelf.index())), (page, page % 16));
    }
}

#[test]
fn boxes_of_the_directory() {
    let ids: Vec<i64> = DirectoryBox::all().map(|one| one.id().0).collect();
    assert_eq!(ids, (1..=16).map(|n| -n).collect::<Vec<i64>>());
    for other in [0, 1, -17, -32, i64::MIN] {
        assert_eq!(DirectoryBox::of(BoxId(other)), None);
    }
}

#[test]
fn keys_of_the_root() {
    let ring = ring(8, 1);
    let row = ring.names().unwrap().owner(OwnerTag::System).row(7, b"x");
    assert_eq!(ring.server_key().unwrap().expose(), &hkdf(&ROOT, b"", b"heliograph server key"));
    assert_eq!(ring.access_key().unwrap().expose(), &hkdf(&ROOT, b"", b"heliograph access"));
    let sealed = ring.system().unwrap().seal(&row, b"plain", &mut Seeded::new(1));
    assert_eq!(sealed.as_bytes()[0], 5);
    let system = hkdf(&ROOT, b"", b"heliograph system");
    assert_eq!(naive::open(&system, 1, row.as_bytes(), sealed.as_bytes()).unwrap(), b"plain");
}

#[test]
fn keys_of_devices_and_days() {
    let ring = ring(8, 1);
    let mut rng = Seeded::new(1);
    let device = ring.install_device(AuthKeyId(5), Secret::new([0xd1; 32])).unwrap();
    let row = ring.names().unwrap().owner(OwnerTag::Device(AuthKeyId(5))).row(7, b"x");
    let sealed = device.seal(&row, b"plain", &mut rng);
    assert_eq!(sealed.as_bytes()[0], 3);
    let key = hkdf(&[0xd1; 32], b"", b"heliograph device");
    assert_eq!(naive::open(&key, 1, row.as_bytes(), sealed.as_bytes()).unwrap(), b"plain");

    ring.install_day(0x0102_0304, Secret::new([0xda; 32])).unwrap();
    let sealed = ring.today().unwrap().seal(&row, b"plain", &mut rng);
    assert_eq!(sealed.as_bytes()[..5], [4, 1, 2, 3, 4]);
    let key = hkdf(&[0xda; 32], b"", b"heliograph day");
    assert_eq!(naive::open(&key, 5, row.as_bytes(), sealed.as_bytes()).unwrap(), b"plain");
    assert_eq!(Header::of(&sealed), Some(Header::Day(0x0102_0304)));
}

#[test]
fn records() {
    let ring = ring(8, 0x00ab_cdef);
    let keys = ring.install_box(ALICE, secrets(ALICE)).unwrap();
    let row = keys.names().row(7, b"x");
    let tree = naive::tree(&secret_of_alice(X));
    let mut rng = Seeded::new(1);
    let version = |number, write| Version { number: Number(number), write };
    let issued = keys.next_number().unwrap();
    assert_eq!(issued.0, 0xab_cdef << 40);
    let issued_again = keys.next_number().unwrap();
    assert_eq!((issued_again.incarnation(), issued_again.counter()), (0xab_cdef, 1));
    let versions =
        [version(0, 0), version(u64::MAX, 1), version(issued.0, 0xf_ffff), version(1 << 63, 0x1234)];
    for version in versions {
        let sealed = keys.seal(&row, version, b"plain", &mut rng).unwrap();
        let bytes = sealed.as_bytes();
        let head = [&[1][..], &version.number.0.to_be_bytes(), &version.write.to_be_bytes()[1..]].concat();
        assert_eq!(bytes[..12], head);
        assert_eq!(Header::of(&sealed), Some(Header::Record(version)));
        let leaf = naive::below(&tree, version.number.0, 64);
        let key = naive::record_key(&leaf, &secret_of_alice(C), row.as_bytes());
        assert_eq!(naive::open(&key, 12, row.as_bytes(), bytes).unwrap(), b"plain");
        assert_eq!(keys.open(&row, &sealed).unwrap().expose(), b"plain");
        assert_eq!(bytes.len(), b"plain".len() + 40, "a record grows by at most 48 bytes, its key included");
    }
}

#[test]
fn short_lived_records() {
    let ring = ring(8, 1);
    let keys = ring.install_box(ALICE, secrets(ALICE)).unwrap();
    let short = ring.install_box(OwnerTag::SHORT_LIVED, secrets(OwnerTag::SHORT_LIVED)).unwrap();
    let row = keys.names().row(7, b"x");
    let number = short.next_number().unwrap();
    let sealed = keys.seal_short(&short, &row, number, b"plain", &mut Seeded::new(1)).unwrap();
    let bytes = sealed.as_bytes();
    assert_eq!(bytes[..9], [&[2][..], &number.0.to_be_bytes()].concat());
    let mut x = X;
    x[..8].copy_from_slice(&(-32_i64).to_be_bytes());
    let leaf = naive::below(&naive::tree(&x), number.0, 64);
    let key = naive::record_key(&leaf, &secret_of_alice(C), row.as_bytes());
    assert_eq!(naive::open(&key, 9, row.as_bytes(), bytes).unwrap(), b"plain");
    assert_eq!(keys.open_short(&short, &row, &sealed).unwrap().expose(), b"plain");
}

#[test]
fn sheets_and_pages() {
    let mut ticked = Ticked::new(1);
    let root = naive::tree(&secret_of_alice(X));
    let change = ticked.tick(&[range(2, 2)]);
    let state = ticked.state();
    let sheet_row = state.sheet_row(1);
    assert_eq!(sheet_row.as_bytes()[12..], hex("ff01 00000001"));
    let entries = naive::read_sheet(&x_of(1), sheet_row.as_bytes(), change.sheet.as_bytes());
    let [entry] = &entries[..] else { panic!("one page") };
    let id = PageId { epoch: 1, index: 0 };
    assert_eq!((entry.id, entry.first, entry.nodes), (id.to_bytes(), 0, 64));
    assert_eq!((entry.id, PageId::from_bytes(entry.id)), (*b"\0\0\0\x01\0\0\0\0", id));
    let page_row = state.page_row(id);
    assert_eq!(page_row.as_bytes()[12..], hex("ff02 00000001 00000000"));
    let [(page_id, page)] = &change.pages[..] else { panic!("one page") };
    assert_eq!(*page_id, id);
    let nodes = naive::read_page(&entry.key, page_row.as_bytes(), page.as_bytes());
    let at: Vec<(u8, u64)> = nodes.iter().map(|node| (node.depth, node.first)).collect();
    let beside = [(63, 0), (64, 3)].into_iter();
    let beside: Vec<_> = beside.chain((1..=62).rev().map(|depth| (depth, 1 << (64 - depth)))).collect();
    assert_eq!(at, beside);
    for node in nodes {
        assert_eq!(node.seed, naive::below(&root, node.first, node.depth));
    }
    assert_eq!(ticked.keys.reach(Number(3)), Err(LeafError::PageMissing(id)));
    let row = ticked.keys.names().row(7, b"x");
    for number in [0, 1, 3, u64::MAX] {
        assert!(ticked.is_alive(Number(number)));
        let version = Version::first(Number(number));
        let sealed = ticked.keys.seal(&row, version, b"plain", &mut Filled(3)).unwrap();
        let leaf = naive::below(&root, number, 64);
        let key = naive::record_key(&leaf, &secret_of_alice(C), row.as_bytes());
        assert_eq!(naive::open(&key, 12, row.as_bytes(), sealed.as_bytes()).unwrap(), b"plain");
    }
    assert_eq!(ticked.keys.reach(Number(2)), Err(LeafError::Dead));
}

/// Leaves one after the other, back and forth, near and far: as if each were derived alone.
#[test]
fn leaves_in_any_order() {
    let mut ticked = Ticked::new(1);
    let root = naive::tree(&secret_of_alice(X));
    let row = ticked.keys.names().row(7, b"x");
    let base = ticked.keys.next_number().unwrap().0;
    let mut rng = Seeded::new(2);
    let mut numbers = Vec::new();
    for _ in 0..120 {
        let near = base + 3_000 + rng.below(4);
        let far = rng.u64() >> rng.below(64);
        let next = ticked.keys.next_number().unwrap().0;
        numbers.extend([
            near,
            next,
            next.saturating_sub(rng.below(9)),
            far,
            !far,
            base ^ (1 << rng.below(64)),
        ]);
    }
    let dead = base + (1 << 30) + 1;
    ticked.tick(&[range(dead, dead)]);
    for number in numbers {
        assert!(ticked.is_alive(Number(number)));
        let sealed = ticked.keys.seal(&row, Version::first(Number(number)), b"plain", &mut rng).unwrap();
        let key = naive::record_key(&naive::below(&root, number, 64), &secret_of_alice(C), row.as_bytes());
        assert_eq!(naive::open(&key, 12, row.as_bytes(), sealed.as_bytes()).unwrap(), b"plain");
    }
}

/// Bytes that were written down once: what lies on disks must open for ever.
#[test]
fn a_record_of_the_first_version_opens() {
    let keys = ring(8, 1).install_box(ALICE, secrets(ALICE)).unwrap();
    let row = keys.names().row(7, b"x");
    let version = Version::first(keys.next_number().unwrap());
    let sealed = keys.seal(&row, version, b"plain", &mut Filled(3)).unwrap();
    assert_eq!(row.as_bytes(), hex(FIRST_ROW));
    assert_eq!(sealed.as_bytes(), hex(FIRST_RECORD));
}

const FIRST_ROW: &str = "104df0f42ebd065e4b5d687d 0007 78";
const FIRST_RECORD: &str = "01 0000010000000000 000000 030303030303030303030303
    b95973c1ff 53a5db97aa0265f5422a8a66cc5d2590";

#[test]
fn ranges_join() {
    let joined = NumberRange::joined(&[range(5, 9), range(1, 2), range(3, 3), range(8, 20), range(30, 29)]);
    assert_eq!(joined, [range(1, 3), range(5, 20)]);
    let all = NumberRange::joined(&[range(7, u64::MAX), range(0, u64::MAX), range(u64::MAX, u64::MAX)]);
    assert_eq!(all, [range(0, u64::MAX)]);
    assert_eq!(NumberRange::below(Number(0)), None);
    assert_eq!(NumberRange::below(Number(3)), Some(range(0, 2)));
}
