//! Looks for canaries in files, in every form in which careless code could have written them.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

/// Something of a user's that must be in no file.
#[derive(Clone)]
pub(crate) struct Canary {
    pub(crate) class: &'static str,
    /// Each form of it, whole.
    forms: Vec<Vec<u8>>,
}

/// Parts of this length give a form away.
const PART: usize = 12;

impl Canary {
    /// As it was made.
    pub(crate) fn itself(&self) -> &[u8] {
        &self.forms[0]
    }

    /// A text or key of 24 bytes or more.
    pub(crate) fn bytes(class: &'static str, bytes: &[u8]) -> Canary {
        let mut forms =
            vec![bytes.to_vec(), hex(bytes, b"0123456789abcdef"), hex(bytes, b"0123456789ABCDEF")];
        if bytes.is_ascii() {
            forms.push(bytes.iter().flat_map(|byte| [*byte, 0]).collect());
            forms.push(bytes.iter().flat_map(|byte| [0, *byte]).collect());
        }
        for alphabet in [*b"+/", *b"-_"] {
            forms.extend((0..3).map(|before| base64(bytes, before, alphabet)));
        }
        Canary { class, forms }
    }

    /// A number of 15 digits: as text, as packed digits, as an integer of eight bytes or of as many as it takes, with and without the leading one of the records.
    pub(crate) fn number(class: &'static str, digits: &str) -> Canary {
        let mut forms = Canary::bytes(class, digits.as_bytes()).forms;
        for text in [digits.to_owned(), format!("1{digits}")] {
            let number: u64 = text.parse().unwrap();
            // The eight bytes may begin or end with zeros, which say nothing: the six that do not.
            forms.push(number.to_be_bytes()[1..].to_vec());
            forms.push(number.to_le_bytes()[..7].to_vec());
            forms.push(varint(number));
        }
        for text in [digits.to_owned(), format!("{digits}f"), format!("0{digits}")] {
            let nibbles: Vec<u8> =
                text.bytes().map(|digit| if digit == b'f' { 15 } else { digit - b'0' }).collect();
            forms.push(nibbles.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect());
            forms.push(nibbles.chunks_exact(2).map(|pair| pair[1] << 4 | pair[0]).collect());
        }
        Canary { class, forms }
    }
}

/// Finds parts of canaries by their first four bytes.
pub(crate) struct Scanner {
    parts: HashMap<[u8; 4], Vec<(Vec<u8>, &'static str)>>,
    /// One bit for each beginning of three bytes, so that most places cost one look.
    beginnings: Vec<u64>,
}

impl Scanner {
    pub(crate) fn new<'a>(canaries: impl IntoIterator<Item = &'a Canary>) -> Scanner {
        let mut scanner = Scanner { parts: HashMap::new(), beginnings: vec![0; 1 << 18] };
        for canary in canaries {
            for form in &canary.forms {
                for part in form.windows(PART.min(form.len())) {
                    let bit = beginning(part);
                    scanner.beginnings[bit >> 6] |= 1 << (bit & 63);
                    let parts = scanner.parts.entry(*part.first_chunk().unwrap()).or_default();
                    parts.push((part.to_vec(), canary.class));
                }
            }
        }
        scanner
    }

    /// The classes of which something stands in these bytes.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> BTreeSet<&'static str> {
        let mut found = BTreeSet::new();
        for at in 0..bytes.len().saturating_sub(3) {
            let rest = &bytes[at..];
            let bit = beginning(rest);
            if self.beginnings[bit >> 6] >> (bit & 63) & 1 == 0 {
                continue;
            }
            for (part, class) in self.parts.get(&rest[..4]).into_iter().flatten() {
                if rest.starts_with(part) {
                    found.insert(*class);
                }
            }
        }
        found
    }

    /// Classes with the files they stand in, of a folder and all folders in it. Answers the bytes looked at as well.
    pub(crate) fn folder(&self, folder: &Path) -> (Vec<String>, usize) {
        let (mut found, mut looked) = (Vec::new(), 0);
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                let (more, bytes) = self.folder(&path);
                found.extend(more);
                looked += bytes;
                continue;
            }
            // A file may go while the folder is looked through.
            let Ok(content) = std::fs::read(&path) else { continue };
            looked += content.len();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let classes =
                self.bytes(&content).union(&self.bytes(name.as_bytes())).copied().collect::<Vec<_>>();
            found.extend(classes.into_iter().map(|class| format!("{class} in {name}")));
        }
        (found, looked)
    }
}

fn beginning(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2])
}

/// As records have it.
fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 128 {
        bytes.push((number & 127) as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn hex(bytes: &[u8], digits: &[u8; 16]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| [digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]).collect()
}

/// The characters that depend on nothing but these bytes when `before` bytes stand before them.
fn base64(bytes: &[u8], before: usize, last: [u8; 2]) -> Vec<u8> {
    let all: Vec<u8> = vec![0; before].into_iter().chain(bytes.iter().copied()).collect();
    let sextets = all.chunks_exact(3).flat_map(|three| {
        let word = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        [18, 12, 6, 0].map(|shift| (word >> shift & 63) as u8)
    });
    let letter = |sextet: u8| match sextet {
        0..26 => b'A' + sextet,
        26..52 => b'a' + sextet - 26,
        52..62 => b'0' + sextet - 52,
        _ => last[usize::from(sextet == 63)],
    };
    sextets.skip((before * 8).div_ceil(6)).map(letter).collect()
}

/// P06: a scanner that finds nothing proves nothing: every form of every class is found, wherever it stands.
#[test]
fn p06_the_scanner_finds_what_is_there() {
    let text = Canary::bytes("message", b"abcdefghijklmnopqrstuvwx");
    let phone = Canary::number("phone", "112345678901234");
    let scanner = Scanner::new([&text, &phone]);
    let planted: [&[u8]; 15] = [
        b"abcdefghijklmnopqrstuvwx",
        b"..fghijklmnopqrs...",
        b"a\0b\0c\0d\0e\0f\0g\0h\0",
        b"\0a\0b\0c\0d\0e\0f\0g\0h",
        b"6162636465666768",
        b"6B6C6D6E6F70",
        b"YWJjZGVmZ2hpamts",
        b"FhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3g=",
        b"eHhhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3g",
        b"+112345678901234",
        &112_345_678_901_234_u64.to_be_bytes(),
        &1_112_345_678_901_234_u64.to_le_bytes(),
        b"\x11\x23\x45\x67\x89\x01\x23\x4f",
        b"\x01\x12\x34\x56\x78\x90\x12\x34",
        b"\xf2\xdf\xa1\xa2\xd8\xc5\x19",
    ];
    for (index, bytes) in planted.iter().enumerate() {
        let at = [&[7; 1000][..], bytes, &[9; 1000]].concat();
        assert_eq!(scanner.bytes(&at).len(), 1, "form {index}");
    }
    assert!(scanner.bytes(b"abcdefghijk, 1234567890, and nothing else").is_empty());
    let folder = crate::folders::Base::new();
    std::fs::write(folder.path().join("images/x"), planted[6]).unwrap();
    assert_eq!(scanner.folder(folder.path()).0, ["message in x"]);
}
