//! F7: whatever lies on a disk. Sealed values, records, erasure states, dumps, and a vault's folder (R5, R6).
//!
//! What is sealed a stranger cannot write; here the keys are known, so that what is behind the seals is read as well.
//! Nothing may break or be taken for what it is not. Source: docs/keys.md.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crypto::{aead, hkdf};
use custody::wire::{Commitment, CopyOf, Handle, Op, Piece, Request, RequestId};
use domain::{account, authorization, contact, dialog, message, update};
use ids::BoxId;
use sealed::{
    AtRest, BoxSecrets, Header, Incarnation, Keyring, Number, Numbering, OwnerNames, OwnerTag, PageId,
    RowKey, Secret, table,
};
use store::{Record, dump};
use vault::testing::Ram;
use vault::{OpenError, Part, Vault};
use zeroize::Zeroizing;

use crate::{Input, Seeded};

const BOX: BoxId = BoxId(7);
const X: [u8; 32] = [2; 32];
const PAGE_KEY: [u8; 32] = [3; 32];

/// Keys that everybody knows.
static RING: LazyLock<Keyring> = LazyLock::new(|| {
    let ring = Keyring::new(64);
    let incarnation = Incarnation::new(1).expect("24 bits");
    ring.install_root(Secret::new([1; 32]), Numbering::new(incarnation)).expect("the first root");
    let secrets = BoxSecrets { c: Secret::new([4; 32]), x: Secret::new(X), epoch: 0, sheet: None };
    ring.install_box(BOX, secrets).expect("the first box");
    ring
});

/// Keeps what all runs share from being made in the first one.
pub fn prepare() {
    LazyLock::force(&RING);
    LazyLock::force(&FOLDER);
}

fn names() -> OwnerNames {
    RING.names().expect("the root is there").owner(OwnerTag::of_box(BOX))
}

/// Anything as a value: it has a header or not, and opens as nothing.
pub fn value(input: &mut Input<'_>) {
    let row = names().row(input.u16(), input.piece());
    let at_rest = AtRest::read_back(input.rest().to_vec());
    assert!(Header::of(&at_rest).is_some() || at_rest.nonce().is_none());
    let keys = RING.warm(BOX).expect("the box is there");
    assert!(keys.open(&row, &at_rest).is_err(), "it was sealed by nobody");
    assert!(RING.system().expect("the root is there").open(&row, &at_rest).is_err());
}

/// Anything as a record of any table.
pub fn record(input: &mut Input<'_>) {
    let kind = input.below(11);
    let bytes = input.rest();
    match kind {
        0 => read::<account::Account>(bytes),
        1 => read::<account::PhonePage>(bytes),
        2 => read::<authorization::StoredKey>(bytes),
        3 => read::<authorization::Client>(bytes),
        4 => read::<authorization::Binding>(bytes),
        5 => read::<authorization::Device>(bytes),
        6 => read::<contact::BookPage>(bytes),
        7 => read::<contact::HolderPage>(bytes),
        8 => read::<dialog::DialogRow>(bytes),
        9 => read::<message::MessageRow>(bytes),
        _ => read::<update::LogRow>(bytes),
    }
}

fn read<T: Record>(bytes: &[u8]) {
    let Ok(record) = T::decode(bytes) else { return };
    let again = record.encode();
    // A number may be written longer than it need be; what we write ourselves is the same each time.
    let record = T::decode(&again).unwrap_or_else(|fault| panic!("what was written is not read: {fault}"));
    assert!(record.encode() == again);
}

/// Anything as a sheet, or as the page of a sheet that is right.
pub fn state(input: &mut Input<'_>) {
    let epoch = 1 + u32::from(input.byte() & 3);
    let is_sheet = input.byte() & 1 == 0;
    let sheet_row = names().row(table::SHEET, &epoch.to_be_bytes());
    let page = PageId { epoch: 1, index: 0 };
    let page_row = names().row(table::PAGE, &[0, 0, 0, 1, 0, 0, 0, 0]);
    let plain = if is_sheet {
        input.piece().to_vec()
    } else {
        let nodes = input.u16().to_be_bytes();
        let id = [0, 0, 0, 1, 0, 0, 0, 0];
        [&[1, 0, 0, 0, 1], &id[..], &[0; 8], &nodes, &PAGE_KEY].concat()
    };
    let sheet_key = hkdf::derive(&X, b"", &[b"heliograph sheet"]);
    let sheet = sealed_state(&sheet_key, &sheet_row, &plain);
    let Ok(state) = RING.state(BOX, epoch, Secret::new(X), Some(sheet.clone())) else { return };
    assert!(state.epoch() == epoch);
    let pages = state.pages();
    assert!(pages.len() * 50 <= plain.len(), "pages of nothing");
    // The same as the state of a box that comes to memory, whose leaves are asked for.
    let ring = Keyring::new(16);
    let incarnation = Incarnation::new(1).expect("24 bits");
    ring.install_root(Secret::new([1; 32]), Numbering::new(incarnation)).expect("the first root");
    let secrets = BoxSecrets { c: Secret::new([4; 32]), x: Secret::new(X), epoch, sheet: Some(sheet) };
    let Ok(keys) = ring.install_box(BOX, secrets) else { panic!("the same sheet was good before") };
    let wanted = pages.into_iter().find(|id| *id == page);
    let node_bytes = input.piece();
    let number = Number(input.u64());
    if let Some(page) = wanted {
        let _ = keys.open_page(page, &sealed_state(&PAGE_KEY, &page_row, node_bytes));
    }
    let _ = keys.record_key(number, &page_row);
}

fn sealed_state(key: &[u8; 32], row: &RowKey, plain: &[u8]) -> AtRest {
    let nonce = [0; aead::NONCE_BYTES];
    let mut bytes = [&[6], &nonce[..], plain].concat();
    aead::Key::new(key).seal(&nonce, &[&[6], row.as_bytes()].concat(), &mut bytes, 1 + nonce.len());
    AtRest::read_back(bytes)
}

/// Anything as a dump, its checks as they must be or not.
pub fn dumped(input: &mut Input<'_>) {
    let is_checked = input.byte() & 1 == 0;
    let mut bytes = Vec::new();
    let mut check = [0; 32];
    while !input.is_over() {
        let piece = input.piece();
        // A block without its length before it: most random ones would end elsewhere.
        let piece = match bytes.len() {
            0 => [b"HGD1", &piece.first_chunk().copied().unwrap_or([0; 8])[..]].concat(),
            _ => [&[0, 0, 0, input.byte()], &u32::try_from(piece.len()).expect("short").to_be_bytes(), piece]
                .concat(),
        };
        check = crypto::sha256(&[&check, &piece]);
        bytes.extend_from_slice(&piece);
        if is_checked {
            bytes.extend_from_slice(&check);
        }
    }
    let engine = store::Memory::new();
    if let Ok(dumped) = dump::restore(&engine, &mut bytes.as_slice()) {
        assert!(is_checked && dumped.rows * 8 <= bytes.len() as u64);
    }
}

type Files = BTreeMap<String, Vec<u8>>;

/// A vault's folder, empty.
static FOLDER: LazyLock<Files> = LazyLock::new(|| {
    let disk = Ram::default();
    Vault::init_on(Box::new(disk.clone()), Box::new(Seeded::new(1))).map(drop).expect("an empty disk");
    disk.files()
});

/// Any table and any pages in a vault's folder, sealed as they must be; or any file in place of one.
pub fn vault_folder(input: &mut Input<'_>) {
    let mut files = FOLDER.clone();
    match input.below(4) {
        0 => {
            let name = ["root", "signer", "table", "p0000000000000001"][usize::from(input.below(4))];
            files.insert(name.to_owned(), input.rest().to_vec());
        }
        1 => {
            let table = sealed_table(&files, input.rest());
            files.insert("table".to_owned(), table);
        }
        _ => forge_pages(&mut files, input),
    }
    let opened = Vault::open_on(Box::new(Ram::holding(files)), Box::new(Seeded::new(2)));
    let mut vault = match opened {
        Ok(vault) => vault,
        Err(error) => {
            assert!(matches!(error, OpenError::Damaged(_) | OpenError::NotAVault));
            return;
        }
    };
    let damaged = vault.examine().is_err();
    for n in 0..3 {
        let handle = Handle([n; 16]);
        let piece = Piece { share: Zeroizing::new([n; 32]), commitments: vec![Commitment([n; 16])] };
        let ops = vec![
            Op::Copy { handle, what: CopyOf::Page(0) },
            Op::Get { handle },
            Op::Destroy { handle },
            Op::Put { handle, epoch: 0, piece },
        ];
        for (order, op) in (1 << 62 | u64::from(n) << 8..).zip(ops) {
            let id = RequestId([n; 16]);
            let request = Request { deployment: Handle([0; 16]), id, order, ops: vec![op] };
            let answered = vault.exchange(&request.encode());
            assert!(answered.is_ok() || damaged || vault.fault() == Some(vault::Fault::Damaged(Part::Table)));
        }
    }
}

fn sealed_table(files: &Files, plain: &[u8]) -> Vec<u8> {
    let key = hkdf::derive(&files["root"][..32], b"", &[b"heliograph vault table"]);
    let nonce = [0; aead::NONCE_BYTES];
    let mut bytes = [b"HGVT\x02", &nonce[..], plain].concat();
    aead::Key::new(&key).seal(&nonce, b"HGVT\x02", &mut bytes, 5 + nonce.len());
    bytes
}

/// One pack of some pages with any rows, and a table that names them as it should, or nearly.
fn forge_pages(files: &mut Files, input: &mut Input<'_>) {
    let mut pack = Vec::new();
    let mut lines = Vec::new();
    let count = 1 + input.below(3);
    for _ in 0..count {
        let border = input.piece().to_vec();
        let at = u32::try_from(pack.len()).expect("short");
        let nonce = [0; aead::NONCE_BYTES];
        let place = [b"HGVP".as_slice(), &1u64.to_be_bytes(), &at.to_be_bytes()].concat();
        pack.extend_from_slice(&nonce);
        let from = pack.len();
        pack.extend_from_slice(input.piece());
        aead::Key::new(&PAGE_KEY).seal(&nonce, &place, &mut pack, from);
        let len = u32::try_from(pack.len()).expect("short") - at;
        lines.push([&[u8::try_from(border.len()).unwrap_or(u8::MAX)], &border[..], &PAGE_KEY].concat());
        lines.push([&1u64.to_be_bytes()[..], &at.to_be_bytes(), &len.to_be_bytes()].concat());
    }
    let mut head = [0; 109];
    head[84] = 2;
    head[108] = count;
    files.insert("table".to_owned(), sealed_table(files, &[&head[..], &lines.concat()].concat()));
    files.insert("p0000000000000001".to_owned(), pack);
}
