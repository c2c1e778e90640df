//! The next state: leaves are cut out, touched pages written anew, the others kept as they are.

use std::ops::Range;
use std::sync::Arc;

use crypto::arena::{Full, Slot};

use crate::state::{Change, Cover, Entry, PageId, Place, State, StateError, page, sheet, sheet_row};
use crate::tree::{self, NODE_BYTES, Node};
use crate::{AtRest, NumberRange, Secret};

/// Why numbers could not be cut out.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CutError {
    /// These pages are touched and have to be read first.
    #[error("pages of the erasure state are needed")]
    PagesMissing(Vec<PageId>),
    /// The sheet or a page is not what was sealed, or there is no room for X.
    #[error(transparent)]
    State(#[from] StateError),
    /// There is no further epoch, or there are more pages than fit a sheet: survivors have to move first.
    #[error("the erasure state is full")]
    TooLarge,
}

/// How large a state would be after a cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Estimate {
    /// Bytes of sheet and pages after it. Above `ids::limits::ERASURE_STATE_BYTES_MAX`, survivors move first.
    pub state_bytes: usize,
    /// Bytes of the change: what each vault has to take.
    pub change_bytes: usize,
}

/// Neighbouring pages that are laid out anew together.
struct Group {
    /// Their places.
    places: Range<usize>,
    /// How many nodes will be in them.
    nodes: usize,
}

impl State {
    /// How large the state would be after a cut, exactly; costs no hashing.
    ///
    /// # Errors
    /// As [`cut`](Self::cut).
    pub fn estimate(&self, ranges: &[NumberRange], pages: &[(PageId, AtRest)]) -> Result<Estimate, CutError> {
        let opened = self.opened(pages)?;
        let groups = self.groups(&NumberRange::joined(ranges), &opened)?;
        let new_nodes: usize = groups.iter().map(|group| group.nodes).sum();
        let pages_of = |group: &Group| group.nodes.div_ceil(page::nodes_each(group.nodes));
        let new_pages: usize = groups.iter().map(pages_of).sum();
        let touched: usize = groups.iter().map(|group| group.places.len()).sum();
        let sheet_bytes = sheet::sealed_bytes(self.places().len() - touched + new_pages);
        let page_bytes = new_pages * page::sealed_bytes(0) + new_nodes * NODE_BYTES;
        let change_bytes = page_bytes + sheet_bytes.ok_or(CutError::TooLarge)?;
        let kept = self.places().iter().enumerate();
        let kept = kept.filter(|(at, _)| !groups.iter().any(|group| group.places.contains(at)));
        let kept_bytes: usize = kept.map(|(_, place)| page::sealed_bytes(usize::from(place.nodes))).sum();
        Ok(Estimate { state_bytes: kept_bytes + change_bytes, change_bytes })
    }

    /// The state of the next epoch, from which the leaves in `ranges` can no longer be derived. Only touched pages are
    /// written anew, under new keys; X of the next epoch is `next_x`. Numbers that are dead already are no error.
    ///
    /// # Errors
    /// [`CutError::PagesMissing`] names what must be among `pages` too. A second try may name more: pages that become
    /// small are joined with their neighbours.
    pub fn cut(
        &self,
        ranges: &[NumberRange],
        pages: &[(PageId, AtRest)],
        next_x: Secret<[u8; 32]>,
        rng: &mut dyn crypto::Rng,
    ) -> Result<Change, CutError> {
        let epoch = self.epoch.checked_add(1).ok_or(CutError::TooLarge)?;
        let x = self.arena.keep(next_x.expose()).map_err(|Full| StateError::Full)?;
        let ranges = NumberRange::joined(ranges);
        let opened = self.opened(pages)?;
        let groups = self.groups(&ranges, &opened)?;
        let mut next = Next { state: self, epoch, entries: Vec::new(), pages: Vec::new(), ended: Vec::new() };
        let mut old = self.entries()?.into_iter().enumerate().peekable();
        for group in groups {
            while let Some((_, entry)) = old.next_if(|(at, _)| *at < group.places.start) {
                next.entries.push(entry);
            }
            // Exactly as many as there will be: a vector that grows would leave its seeds behind.
            let mut nodes = Vec::with_capacity(group.nodes);
            if let Cover::Root = self.cover {
                tree::cut(&self.root(), &ranges, &mut nodes);
            }
            while let Some((at, entry)) = old.next_if(|(at, _)| *at < group.places.end) {
                next.ended.push(entry.place.id);
                for node in opened.get(at).into_iter().flatten().flatten() {
                    tree::cut(node, &ranges, &mut nodes);
                }
            }
            next.write(&nodes, rng)?;
        }
        next.entries.extend(old.map(|(_, entry)| entry));
        next.finish(x, rng)
    }

    /// What was read, opened: for each place, its nodes if they are there. What is no page of this state is no help.
    fn opened(&self, pages: &[(PageId, AtRest)]) -> Result<Vec<Option<Vec<Node>>>, StateError> {
        let open = |(at, entry): (usize, Entry)| {
            let read = pages.iter().find(|(id, _)| *id == entry.place.id);
            read.map(|(_, at_rest)| self.open_page(at, &entry.place, &entry.key, at_rest)).transpose()
        };
        self.entries()?.into_iter().enumerate().map(open).collect()
    }

    /// The pages to write anew. What would become too small takes a neighbour in, so that there are never many pages
    /// with few nodes each.
    fn groups(&self, ranges: &[NumberRange], opened: &[Option<Vec<Node>>]) -> Result<Vec<Group>, CutError> {
        if let Cover::Root = self.cover {
            return Ok(vec![Group { places: 0..0, nodes: tree::nodes_after_cut(0, 0, ranges) }]);
        }
        let mut marks = self.marks(ranges);
        loop {
            let marked = opened.iter().zip(self.places()).zip(&marks).filter(|(_, mark)| **mark);
            let missing: Vec<PageId> =
                marked.filter(|((nodes, _), _)| nodes.is_none()).map(|((_, place), _)| place.id).collect();
            if !missing.is_empty() {
                return Err(CutError::PagesMissing(missing));
            }
            let groups = grouped(&marks, |at| {
                let nodes = opened.get(at).into_iter().flatten().flatten();
                nodes.map(|node| tree::nodes_after_cut(node.depth, node.first, ranges)).sum()
            });
            let small = groups.iter().filter(|group| (1..page::NODES_MIN).contains(&group.nodes));
            let beside = small.filter_map(|group| match group.places.end < marks.len() {
                true => Some(group.places.end),
                false => group.places.start.checked_sub(1),
            });
            let beside: Vec<usize> = beside.collect();
            if beside.is_empty() {
                return Ok(groups);
            }
            for at in beside {
                marks.iter_mut().skip(at).take(1).for_each(|mark| *mark = true);
            }
        }
    }
}

/// Runs of marked places, and how many nodes each has.
fn grouped(marks: &[bool], nodes: impl Fn(usize) -> usize) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for at in marks.iter().enumerate().filter(|(_, mark)| **mark).map(|(at, _)| at) {
        match groups.last_mut() {
            Some(group) if group.places.end == at => {
                group.places.end += 1;
                group.nodes += nodes(at);
            }
            Some(_) | None => groups.push(Group { places: at..at + 1, nodes: nodes(at) }),
        }
    }
    groups
}

/// A state in the making.
struct Next<'a> {
    state: &'a State,
    epoch: u32,
    entries: Vec<Entry>,
    pages: Vec<(PageId, AtRest)>,
    ended: Vec<PageId>,
}

impl Next<'_> {
    /// Lays nodes out on new pages.
    fn write(&mut self, nodes: &[Node], rng: &mut dyn crypto::Rng) -> Result<(), CutError> {
        for nodes in nodes.chunks(page::nodes_each(nodes.len())) {
            let index = u32::try_from(self.pages.len()).map_err(|_| CutError::TooLarge)?;
            let count = u16::try_from(nodes.len()).map_err(|_| CutError::TooLarge)?;
            let id = PageId { epoch: self.epoch, index };
            let key = Secret::made(|key: &mut [u8; 32]| rng.fill(key));
            self.pages.push((id, page::seal(&key, &self.state.page_row(id), nodes, rng)));
            let first = nodes.first().map_or(0, |node| node.first);
            self.entries.push(Entry { place: Place { id, first, nodes: count }, key });
        }
        Ok(())
    }

    /// Seals the sheet.
    fn finish(self, x: Slot, rng: &mut dyn crypto::Rng) -> Result<Change, CutError> {
        let Self { state, epoch, entries, pages, ended } = self;
        sheet::sealed_bytes(entries.len()).ok_or(CutError::TooLarge)?;
        let row = sheet_row(&state.names, epoch);
        let sheet = x.expose(|x| sheet::seal(x, &row, &entries, rng));
        let places = entries.iter().map(|entry| entry.place).collect();
        let cover = Cover::Pages { sheet: Arc::new(sheet.clone()), places };
        let next =
            State { arena: state.arena.clone(), names: state.names.clone(), epoch, x: Arc::new(x), cover };
        Ok(Change { epoch, sheet, pages, ended, next })
    }
}
