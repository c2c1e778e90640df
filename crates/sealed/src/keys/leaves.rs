//! The leaves of one box at one epoch: paths that are warm, pages that are open, values that were opened with them. Lives
//! behind the mutex of its box.

use ids::limits::OPEN_PAGES_PER_BOX_MAX;

use crate::keys::opened::Opened;
use crate::state::Reach;
use crate::tree::{Node, Path, Seed};
use crate::{AtRest, LeafError, Number, PageId, RecordKey, RowKey, State, StateError};

/// Numbers that belong to the front of writing: those that one transaction has just issued. Older ones are read.
const FRONT_NUMBERS: u64 = 8;

/// What gives leaves.
pub(crate) struct Leaves {
    state: State,
    /// The way to the number that was written last, among the newest [`FRONT_NUMBERS`]: reading does not cool it.
    front: Option<Path>,
    /// The way to the number that was read last, or an old one that was written anew.
    back: Option<Path>,
    /// Longest unused first.
    pages: Vec<(PageId, Vec<Node>)>,
    opened: Opened,
    /// The key of the row that was written anew last, under the number that it has: a dialog gets another version with each of
    /// its messages.
    rewritten: Option<(RowKey, RecordKey)>,
}

impl Leaves {
    pub(crate) fn new(state: State) -> Self {
        let opened = Opened::default();
        Self { state, front: None, back: None, pages: Vec::new(), opened, rewritten: None }
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// What was opened at this epoch.
    pub(crate) fn opened(&mut self) -> &mut Opened {
        &mut self.opened
    }

    /// The key that was noted for this number of this row.
    pub(crate) fn rewritten(&self, number: Number, row: &RowKey) -> Option<RecordKey> {
        let (_, key) = self.rewritten.as_ref().filter(|(of, key)| key.number() == number && of == row)?;
        Some(key.clone())
    }

    /// Notes the key of a row that is written anew.
    pub(crate) fn note_rewritten(&mut self, row: &RowKey, key: &RecordKey) {
        self.rewritten = Some((row.clone(), key.clone()));
    }

    /// The seed of a leaf. `newest` is the number that is issued now, or was last.
    pub(crate) fn leaf(&mut self, number: Number, newest: Number) -> Result<Seed, LeafError> {
        let at_front = newest.0.checked_sub(number.0).is_some_and(|behind| behind < FRONT_NUMBERS);
        let path = if at_front { &mut self.front } else { &mut self.back };
        if let Some(seed) = path.as_mut().and_then(|path| path.leaf(number.0)) {
            return Ok(seed);
        }
        let mut found = Path::towards(number.0, &self.node(number)?).ok_or(LeafError::Dead)?;
        let seed = found.leaf(number.0).ok_or(LeafError::Dead)?;
        *(if at_front { &mut self.front } else { &mut self.back }) = Some(found);
        Ok(seed)
    }

    /// The first number after a dead one that is alive, if there is one. Its page may have to be opened.
    pub(crate) fn alive_after(&self, dead: Number) -> Option<Number> {
        let on_page = match self.state.reach(dead.0) {
            Reach::Page(id) => self.open(id).into_iter().flatten().find(|node| node.first > dead.0),
            Reach::Node(_) | Reach::Dead => None,
        };
        on_page.map(|node| node.first).or_else(|| self.state.page_from(dead.0)).map(Number)
    }

    /// Takes a page in.
    pub(crate) fn open_page(&mut self, page: PageId, at_rest: &AtRest) -> Result<(), StateError> {
        if self.open(page).is_none() {
            let nodes = self.state.nodes(page, at_rest)?;
            if self.pages.len() >= OPEN_PAGES_PER_BOX_MAX {
                self.pages.remove(0);
            }
            self.pages.push((page, nodes));
        }
        Ok(())
    }

    /// Goes over to another epoch. All seeds of the earlier one are erased, and all that was opened with them.
    pub(crate) fn advance(&mut self, next: State) {
        *self = Self::new(next);
    }

    /// Erases all seeds and values; what is needed again is derived and read again.
    pub(crate) fn rest(&mut self) {
        self.front = None;
        self.back = None;
        self.pages = Vec::new();
        self.opened = Opened::default();
        self.rewritten = None;
    }

    /// The node from which a leaf is reached.
    fn node(&mut self, number: Number) -> Result<Node, LeafError> {
        let page = match self.state.reach(number.0) {
            Reach::Node(node) => return Ok(node),
            Reach::Dead => return Err(LeafError::Dead),
            Reach::Page(id) => id,
        };
        let at = self.pages.iter().position(|(id, _)| *id == page).ok_or(LeafError::PageMissing(page))?;
        if let Some(used) = self.pages.get_mut(at..) {
            used.rotate_left(1);
        }
        let nodes = self.open(page).unwrap_or_default();
        let after = nodes.partition_point(|node| node.first <= number.0);
        let node = after.checked_sub(1).and_then(|at| nodes.get(at));
        node.filter(|node| number.0 <= node.last()).cloned().ok_or(LeafError::Dead)
    }

    fn open(&self, page: PageId) -> Option<&[Node]> {
        self.pages.iter().find(|(id, _)| *id == page).map(|(_, nodes)| nodes.as_slice())
    }
}
