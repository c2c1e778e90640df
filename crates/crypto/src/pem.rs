//! PEM armour (RFC 7468) around one PKCS#1 object: 64-column lines, one final newline.

use zeroize::Zeroizing;

use crate::base64;

const COLUMNS: usize = 64;

/// `der` between `-----BEGIN label-----` and `-----END label-----`.
pub(crate) fn encode(label: &str, der: &[u8]) -> Zeroizing<String> {
    let body = base64::encode(der);
    // Room for everything at once: a string that grew would leave pieces of the key behind.
    let mut text =
        Zeroizing::new(String::with_capacity(body.len() + body.len() / COLUMNS + 2 * label.len() + 64));
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----\n");
    for line in body.as_bytes().chunks(COLUMNS) {
        text.extend(line.iter().copied().map(char::from));
        text.push('\n');
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

/// The object inside the armour. White space around it, lines of any length and CRLF are accepted, as files that
/// passed through other hands have them; anything else before or after is not.
pub(crate) fn decode(label: &str, text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let body = text.trim().strip_prefix("-----BEGIN ")?.strip_prefix(label)?.strip_prefix("-----")?;
    let body = body.strip_suffix("-----")?.strip_suffix(label)?.strip_suffix("-----END ")?;
    let mut compact = Zeroizing::new(Vec::with_capacity(body.len()));
    compact.extend(body.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    let der = base64::decode(&compact)?;
    // One object has one text: this refuses misplaced padding and stray low bits.
    (base64::encode(&der).as_bytes() == compact.as_slice()).then_some(der)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn armour_with_damage_is_refused() {
        let good = encode("A KEY", b"some bytes");
        assert_eq!(good.as_str(), "-----BEGIN A KEY-----\nc29tZSBieXRlcw==\n-----END A KEY-----\n");
        assert_eq!(**decode("A KEY", &good).unwrap(), *b"some bytes");
        assert_eq!(**decode("A KEY", &good.replace('\n', "\r\n")).unwrap(), *b"some bytes");
        for (from, to) in [
            ("==", ""),
            ("==", "="),
            ("w==", "x=="),
            ("c29t", "c2=t"),
            ("c29t", "c2*t"),
            ("BEGIN A", "BEGIN B"),
            ("END A", "END B"),
        ] {
            assert!(decode("A KEY", &good.replace(from, to)).is_none(), "{from} -> {to}");
        }
    }
}
