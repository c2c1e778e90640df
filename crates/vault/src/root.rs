//! The root of a vault, from which all keys of its folder derive, and what it lies under: nothing, or the passphrases of its
//! operators, of whom so many must be there at every start (P08; docs/keys.md, 6.1).
//!
//! Invariant: fewer passphrases than that say nothing of the root, since each opens one share of it.

use crypto::{
    Rng, passphrase, sha256,
    share::{self, Share},
};
use ids::limits::VAULT_OPERATORS_MAX;
use zeroize::Zeroizing;

use crate::fault::{OpenError, Part};

/// Before a root that lies under passphrases, and what passphrases are for here.
const SEALED: &[u8; 5] = b"HGVR\x02";
const PURPOSE: &str = "heliograph vault";
const CHECK_BYTES: usize = 8;
/// Quorum, operators, check.
const HEAD_BYTES: usize = 2 + CHECK_BYTES;
/// Place and share.
const SHARE_BYTES: usize = 1 + 32 + passphrase::OVERHEAD_BYTES;
/// The longest form of the file.
pub(crate) const FILE_BYTES_MAX: usize = SEALED.len() + HEAD_BYTES + VAULT_OPERATORS_MAX * SHARE_BYTES;

/// Who can open a vault that is made now: so many of these passphrases together. None: anybody who has the folder.
#[derive(Clone, Copy, Default)]
pub struct Operators<'a> {
    /// The passphrase of each.
    pub passphrases: &'a [&'a [u8]],
    /// Of how many of them.
    pub quorum: usize,
}

/// The file of a new root.
pub(crate) fn file(
    root: &[u8; 32],
    operators: Operators<'_>,
    rng: &mut dyn Rng,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let Operators { passphrases, quorum } = operators;
    if passphrases.is_empty() {
        return Ok(Zeroizing::new([root.as_slice(), &check(root)].concat()));
    }
    let count = Some(passphrases.len()).filter(|count| *count <= VAULT_OPERATORS_MAX);
    let small = |number: usize| u8::try_from(number).map_err(|_| OpenError::Operators);
    let (quorum, count) = (small(quorum)?, small(count.ok_or(OpenError::Operators)?)?);
    let shares = share::split(root, quorum, count, rng).map_err(|_| OpenError::Operators)?;
    let mut file = Zeroizing::new([&SEALED[..], &[quorum, count], &check(root)].concat());
    for (words, share) in passphrases.iter().zip(&shares) {
        let secret = Zeroizing::new([&[share.at], share.bytes.as_slice()].concat());
        file.extend_from_slice(&passphrase::seal(words, PURPOSE, &secret, rng));
    }
    Ok(file)
}

/// The root in a file, by the passphrases that are there, in any order.
pub(crate) fn read(file: &[u8], passphrases: &[&[u8]]) -> Result<Zeroizing<[u8; 32]>, OpenError> {
    let damaged = OpenError::Damaged(Part::Root);
    let Some(sealed) = file.strip_prefix(SEALED) else {
        let (clear, found) = file.split_first_chunk::<32>().ok_or(damaged)?;
        let root = Zeroizing::new(*clear);
        return if check(&root) == *found { Ok(root) } else { Err(damaged) };
    };
    let ([quorum, count, found @ ..], sealed) = sealed.split_first_chunk::<HEAD_BYTES>().ok_or(damaged)?;
    let (quorum, count) = (usize::from(*quorum), usize::from(*count));
    let (sealed, rest) = sealed.as_chunks::<SHARE_BYTES>();
    if !rest.is_empty() || sealed.len() != count || count > VAULT_OPERATORS_MAX || quorum == 0 {
        return Err(damaged);
    }
    if passphrases.is_empty() {
        return Err(OpenError::NoPassphrase);
    }
    if passphrases.len() < quorum {
        return Err(OpenError::TooFew { needed: quorum });
    }
    let mut left: Vec<_> = sealed.iter().collect();
    let mut shares = Vec::with_capacity(quorum);
    // Each guess takes long, so no more are made than are needed.
    for words in passphrases.iter().take(VAULT_OPERATORS_MAX) {
        let opened = left
            .iter()
            .enumerate()
            .find_map(|(at, sealed)| Some((at, passphrase::open(words, PURPOSE, sealed.as_slice())?)));
        // A bit that has turned over looks the same.
        let Some((at, secret)) = opened else { continue };
        left.remove(at);
        let (place, bytes) = secret.split_first().ok_or(damaged)?;
        let bytes = Zeroizing::new(*bytes.first_chunk::<32>().ok_or(damaged)?);
        shares.push(Share { at: *place, bytes });
        if shares.len() == quorum {
            break;
        }
    }
    if shares.len() < quorum {
        return Err(OpenError::WrongPassphrase);
    }
    let root = share::join(&shares).map_err(|_| damaged)?;
    if check(&root) == *found { Ok(root) } else { Err(damaged) }
}

/// Tells a damaged root from a damaged table.
fn check(root: &[u8; 32]) -> [u8; CHECK_BYTES] {
    let hash = sha256(&[b"heliograph vault root", root]);
    std::array::from_fn(|at| hash[at])
}

#[cfg(test)]
mod tests {
    use crypto::testing::Seeded;

    use super::*;

    const ROOT: [u8; 32] = [7; 32];

    fn of(passphrases: &[&[u8]], quorum: usize) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        file(&ROOT, Operators { passphrases, quorum }, &mut Seeded::new(1))
    }

    fn found(file: &[u8], passphrases: &[&[u8]]) -> Result<[u8; 32], OpenError> {
        read(file, passphrases).map(|root| *root)
    }

    /// Red when a share is the root, or when one operator may stand for two.
    #[test]
    fn p08_two_operators_of_three_open_it_and_one_alone_does_not() {
        let file = of(&[b"one", b"two", b"three"], 2).expect("a file");
        assert!(file.len() <= FILE_BYTES_MAX);
        assert_eq!(found(&file, &[b"three", b"one"]), Ok(ROOT));
        assert_eq!(found(&file, &[b"four", b"two", b"three"]), Ok(ROOT));
        assert_eq!(found(&file, &[]), Err(OpenError::NoPassphrase));
        assert_eq!(found(&file, &[b"one"]), Err(OpenError::TooFew { needed: 2 }));
        assert_eq!(found(&file, &[b"one", b"one"]), Err(OpenError::WrongPassphrase));
        assert_eq!(found(&file, &[b"one", b"four"]), Err(OpenError::WrongPassphrase));
        // Whoever says that one is enough learns nothing by it.
        let mut weaker = file.clone();
        weaker[SEALED.len()] = 1;
        assert_eq!(found(&weaker, &[b"one"]), Err(OpenError::Damaged(Part::Root)));
    }

    #[test]
    fn p08_who_must_be_there_can_be() {
        let words = [b"a".as_slice(); VAULT_OPERATORS_MAX + 1];
        assert!(words.len() > VAULT_OPERATORS_MAX && of(&words, 1) == Err(OpenError::Operators));
        assert_eq!(of(&[b"one", b"two"], 3), Err(OpenError::Operators));
        assert_eq!(of(&[b"one", b"two"], 0), Err(OpenError::Operators));
    }
}
