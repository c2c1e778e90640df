//! Under what a row of a vault lies: one ordered space for shares and for the copies of states.
//!
//! Shares stand together and copies stand together, so that a release of many keys reads few pages. Source:
//! docs/keys.md 6.1.

use custody::wire::{CopyOf, Handle};

/// The longest one: of a page of a state.
const BYTES_MAX: usize = 1 + 16 + 1 + 8;

const SHARE: u8 = 0;
const COPY: u8 = 1;

/// The key of a row, or a border between two rows. Ordered as its bytes are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowKey {
    /// Zeros behind the end, so that the derived order is that of the bytes.
    bytes: [u8; BYTES_MAX],
    len: u8,
}

impl RowKey {
    /// Before every row.
    pub(crate) const FIRST: RowKey = RowKey { bytes: [0; BYTES_MAX], len: 0 };

    /// What a handle stands for: current share and staged share.
    pub(crate) fn share(handle: Handle) -> RowKey {
        RowKey::joined(&[&[SHARE], &handle.0])
    }

    /// A sheet or a page of the state that hangs on a handle.
    pub(crate) fn copy(handle: Handle, what: CopyOf) -> RowKey {
        let (kind, id) = match what {
            CopyOf::Sheet => (0, None),
            CopyOf::Page(id) => (1, Some(id.to_be_bytes())),
            CopyOf::StagedSheet => (2, None),
            CopyOf::StagedPage(id) => (3, Some(id.to_be_bytes())),
        };
        RowKey::joined(&[&[COPY], &handle.0, &[kind], id.as_ref().map_or(&[], <[u8; 8]>::as_slice)])
    }

    /// What the keys of all copies of a handle begin with.
    pub(crate) fn copies(handle: Handle) -> RowKey {
        RowKey::joined(&[&[COPY], &handle.0])
    }

    /// What the keys of all current pages, or of all staged ones, of a handle begin with.
    pub(crate) fn pages(handle: Handle, is_staged: bool) -> RowKey {
        RowKey::joined(&[&[COPY], &handle.0, &[if is_staged { 3 } else { 1 }]])
    }

    /// The page that a key with such a beginning names.
    pub(crate) fn page_id(&self) -> Option<u64> {
        self.bytes().get(18..).and_then(<[u8]>::first_chunk).map(|id| u64::from_be_bytes(*id))
    }

    /// The shortest border that is above `below` and not above `above`.
    pub(crate) fn between(below: &RowKey, above: &RowKey) -> RowKey {
        let common = below.bytes().iter().zip(above.bytes()).take_while(|(a, b)| a == b).count();
        RowKey::read(above.bytes().get(..=common).unwrap_or(above.bytes())).unwrap_or(*above)
    }

    /// Takes up to 26 bytes.
    pub(crate) fn read(bytes: &[u8]) -> Option<RowKey> {
        (bytes.len() <= BYTES_MAX).then(|| RowKey::joined(&[bytes]))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    pub(crate) fn len(&self) -> u8 {
        self.len
    }

    pub(crate) fn starts_with(&self, beginning: &RowKey) -> bool {
        self.bytes().starts_with(beginning.bytes())
    }

    /// The parts, which are not longer than the longest key.
    fn joined(parts: &[&[u8]]) -> RowKey {
        let mut key = RowKey::FIRST;
        for (to, from) in key.bytes.iter_mut().zip(parts.iter().copied().flatten()) {
            *to = *from;
            key.len += 1;
        }
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_ordered_as_their_bytes() {
        let handles = [Handle([0; 16]), Handle([7; 16]), Handle([255; 16])];
        let copies = [CopyOf::Sheet, CopyOf::Page(0), CopyOf::Page(u64::MAX), CopyOf::StagedSheet];
        let mut keys = vec![RowKey::FIRST];
        for handle in handles {
            keys.extend([RowKey::share(handle), RowKey::copies(handle), RowKey::pages(handle, true)]);
            keys.extend(copies.map(|what| RowKey::copy(handle, what)));
        }
        for a in &keys {
            assert!(RowKey::read(a.bytes()) == Some(*a));
            for b in &keys {
                assert_eq!(a.cmp(b), a.bytes().cmp(b.bytes()));
            }
        }
    }

    #[test]
    fn a_border_is_short_and_stands_between() {
        let mut keys: Vec<RowKey> = (0..=255).map(|byte| RowKey::share(Handle([byte; 16]))).collect();
        keys.push(RowKey::copies(Handle([9; 16])));
        keys.push(RowKey::copy(Handle([9; 16]), CopyOf::Page(1)));
        keys.push(RowKey::copy(Handle([9; 16]), CopyOf::Page(2)));
        for pair in keys.windows(2) {
            let border = RowKey::between(&pair[0], &pair[1]);
            assert!(pair[0] < border && border <= pair[1]);
        }
        assert_eq!(RowKey::between(&keys[4], &keys[5]).len(), 2);
    }

    #[test]
    fn a_page_is_found_again_in_its_key() {
        let handle = Handle([3; 16]);
        let key = RowKey::copy(handle, CopyOf::StagedPage(77));
        assert_eq!(key.page_id(), Some(77));
        assert!(key.starts_with(&RowKey::pages(handle, true)) && key.starts_with(&RowKey::copies(handle)));
        assert!(!key.starts_with(&RowKey::pages(handle, false)));
        assert_eq!(RowKey::copy(handle, CopyOf::Sheet).page_id(), None);
        assert!(RowKey::read(&[0; 27]).is_none());
    }
}
