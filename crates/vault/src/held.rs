//! What lies under one handle: the current share and the staged one, as bytes of a row. Source: docs/keys.md 6.1.

use custody::wire::{Commitment, Ended, Entry, Piece, Tag};
use zeroize::Zeroizing;

const CURRENT: u8 = 1;
const STAGED: u8 = 2;
/// Stands where the number of ended pages does, when all end that the stage does not bring.
const ALL_OTHERS: u32 = u32::MAX;

/// The row of a handle.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Held {
    pub(crate) current: Option<Entry>,
    pub(crate) staged: Option<Staged>,
}

/// What a commit makes current.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Staged {
    pub(crate) entry: Entry,
    /// The pages that do not stay then.
    pub(crate) ended: Ended,
}

impl Held {
    pub(crate) fn epoch(&self) -> Option<u32> {
        self.current.as_ref().map(|entry| entry.epoch)
    }

    /// Whether exactly this is current.
    pub(crate) fn has_current(&self, epoch: u32, tag: Tag) -> bool {
        self.current.as_ref().is_some_and(|entry| entry.epoch == epoch && entry.piece.tag() == tag)
    }

    /// Whether exactly this is staged.
    pub(crate) fn has_staged(&self, epoch: u32, tag: Tag) -> bool {
        let staged = self.staged.as_ref();
        staged.is_some_and(|staged| staged.entry.epoch == epoch && staged.entry.piece.tag() == tag)
    }

    /// The row's value.
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let entry_len = |entry: &Entry| 4 + 32 + 1 + 16 * entry.piece.commitments.len();
        let current = self.current.as_ref().map_or(0, entry_len);
        let staged = self.staged.as_ref();
        let staged = staged.map_or(0, |staged| entry_len(&staged.entry) + 4 + 8 * pages(&staged.ended).len());
        let mut row = Zeroizing::new(Vec::with_capacity(1 + current + staged));
        let current = if self.current.is_some() { CURRENT } else { 0 };
        row.push(current | if self.staged.is_some() { STAGED } else { 0 });
        if let Some(entry) = &self.current {
            write(entry, &mut row);
        }
        if let Some(staged) = &self.staged {
            write(&staged.entry, &mut row);
            let count = match &staged.ended {
                Ended::Pages(pages) => u32::try_from(pages.len()).unwrap_or(ALL_OTHERS),
                Ended::AllOthers => ALL_OTHERS,
            };
            row.extend_from_slice(&count.to_be_bytes());
            for page in pages(&staged.ended) {
                row.extend_from_slice(&page.to_be_bytes());
            }
        }
        row
    }

    /// Reads a row's value; nothing if it is none.
    pub(crate) fn decode(row: &[u8]) -> Option<Held> {
        let (has, mut from) = row.split_first()?;
        let current = if has & CURRENT == 0 { None } else { Some(read(&mut from)?) };
        let staged = if has & STAGED == 0 { None } else { Some(read_staged(&mut from)?) };
        (from.is_empty() && *has <= CURRENT | STAGED).then_some(Held { current, staged })
    }
}

fn write(entry: &Entry, row: &mut Vec<u8>) {
    row.extend_from_slice(&entry.epoch.to_be_bytes());
    row.extend_from_slice(entry.piece.share.as_slice());
    row.push(u8::try_from(entry.piece.commitments.len()).unwrap_or(u8::MAX));
    for commitment in &entry.piece.commitments {
        row.extend_from_slice(&commitment.0);
    }
}

fn read(from: &mut &[u8]) -> Option<Entry> {
    let epoch = u32::from_be_bytes(array(from)?);
    let share = Zeroizing::new(array(from)?);
    let [count] = array(from)?;
    let commitments = (0..count).map(|_| array(from).map(Commitment)).collect::<Option<_>>()?;
    Some(Entry { epoch, piece: Piece { share, commitments } })
}

fn read_staged(from: &mut &[u8]) -> Option<Staged> {
    let entry = read(from)?;
    let ended = match u32::from_be_bytes(array(from)?) {
        ALL_OTHERS => Ended::AllOthers,
        count => {
            let pages = (0..count).map(|_| array(from).map(u64::from_be_bytes));
            Ended::Pages(pages.collect::<Option<_>>()?)
        }
    };
    Some(Staged { entry, ended })
}

fn pages(ended: &Ended) -> &[u64] {
    match ended {
        Ended::Pages(pages) => pages,
        Ended::AllOthers => &[],
    }
}

fn array<const N: usize>(from: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = from.split_first_chunk()?;
    *from = rest;
    Some(*head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(epoch: u32, n: u8) -> Entry {
        let commitments = (0..n).map(|v| Commitment([v; 16])).collect();
        Entry { epoch, piece: Piece { share: Zeroizing::new([n; 32]), commitments } }
    }

    #[test]
    fn a_row_is_read_as_it_was_written() {
        let staged = |ended| Some(Staged { entry: entry(9, 5), ended });
        for held in [
            Held { current: Some(entry(0, 3)), staged: None },
            Held { current: None, staged: staged(Ended::AllOthers) },
            Held { current: Some(entry(8, 15)), staged: staged(Ended::Pages(vec![1, u64::MAX])) },
        ] {
            let row = held.encode();
            assert!(Held::decode(&row) == Some(held));
            assert!((0..row.len()).all(|len| Held::decode(&row[..len]).is_none()));
            assert!(Held::decode(&[&row[..], &[0]].concat()).is_none());
        }
    }
}
