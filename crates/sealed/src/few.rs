//! Bytes that mostly are few, kept in place: a row key is made and copied some fifty times for one message, and each copy on
//! the heap would take longer than all the comparisons that are made with it.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// So many bytes lie in place: the key of every row that the tables of today have.
const IN_PLACE: usize = 46;

/// Bytes; more than 46 lie on the heap.
#[derive(Clone)]
pub struct Few(Kept);

#[derive(Clone)]
enum Kept {
    Here { used: u8, bytes: [u8; IN_PLACE] },
    Heap(Vec<u8>),
}

impl Few {
    /// None.
    #[must_use]
    pub const fn new() -> Self {
        Self(Kept::Here { used: 0, bytes: [0; IN_PLACE] })
    }

    /// Appends bytes.
    #[inline]
    pub fn extend_from_slice(&mut self, more: &[u8]) {
        match &mut self.0 {
            Kept::Here { used, bytes } => {
                let from = usize::from(*used);
                let to = bytes.get_mut(from..).and_then(|free| free.get_mut(..more.len()));
                match (to, u8::try_from(from + more.len())) {
                    (Some(to), Ok(all)) => {
                        to.copy_from_slice(more);
                        *used = all;
                    }
                    _ => self.0 = Kept::Heap([self.as_slice(), more].concat()),
                }
            }
            Kept::Heap(bytes) => bytes.extend_from_slice(more),
        }
    }

    /// The bytes.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        match &self.0 {
            Kept::Here { used, bytes } => bytes.get(..usize::from(*used)).unwrap_or_default(),
            Kept::Heap(bytes) => bytes,
        }
    }

    /// The bytes, for whoever changes them.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        match self.0 {
            Kept::Here { .. } => self.as_slice().to_vec(),
            Kept::Heap(bytes) => bytes,
        }
    }
}

impl Default for Few {
    fn default() -> Self {
        Self::new()
    }
}

impl From<&[u8]> for Few {
    fn from(bytes: &[u8]) -> Self {
        let mut few = Self::new();
        few.extend_from_slice(bytes);
        few
    }
}

impl PartialEq for Few {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for Few {}

impl PartialOrd for Few {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Few {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_slice().cmp(other.as_slice())
    }
}

impl Hash for Few {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_or_many_they_are_the_same_bytes() {
        let all: Vec<u8> = (0..100).collect();
        for end in 0..=100 {
            for part in [1, 7, IN_PLACE, IN_PLACE + 1] {
                let mut few = Few::new();
                all[..end].chunks(part).for_each(|part| few.extend_from_slice(part));
                assert_eq!(few.as_slice(), &all[..end], "by {part}");
                assert_eq!(matches!(few.0, Kept::Here { .. }), end <= IN_PLACE);
                assert!(few == Few::from(&all[..end]));
                assert_eq!(few.into_vec(), &all[..end]);
            }
        }
    }

    /// Where they lie does not count: a map of rows is asked for slices.
    #[test]
    fn they_are_compared_as_slices_are() {
        let long = [1; IN_PLACE + 1];
        let (here, there) = (Few::from(&long[..IN_PLACE]), Few::from(&long[..]));
        assert!(here < there && there < Few::from(&[1, 2][..]) && Few::new() < here);
    }
}
