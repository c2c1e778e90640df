//! One key in a tick: what the vaults said of it, where it goes, and who has got there.

use ids::{BoxId, limits};
use sealed::{AtRest, Change, CutError, Keyring, Number, NumberRange, PageId, Secret, State};
use store::StoreError;

use crate::{
    Deployment, KeyName, StateRows, Ticked, VaultNo,
    deployment::Misdeed,
    fetch::{Fetch, Fetched},
    shared::{Fresh, Group, Sharing, Views, draw, share_anew},
    verdict::{Verdict, judge},
    wire::{Ended, LASTING_EPOCH, Op, Piece, Stage},
};

/// A box to be ticked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// Which one.
    pub of: BoxId,
    /// Everything numbered below is cut out: its survivors have moved. Otherwise what is pending is.
    pub below: Option<Number>,
}

/// A key that goes on to its next sharing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Task {
    pub(super) key: KeyName,
    pub(super) aim: Aim,
}

/// What it goes on for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    /// What is pending in the box is cut out; if nothing is, late vaults follow.
    Pending,
    /// Everything numbered below is cut out: its survivors have moved.
    Below(Number),
    /// New shares, whatever is pending: those of before are to be of no use.
    Anew,
}

/// One key of the group that goes on together.
pub(super) struct Work {
    pub(super) task: Task,
    pub(super) views: Views,
    pub(super) step: Step,
    fetch: Option<Fetch>,
    /// Vaults that have staged the target, or are there.
    pub(super) staged: Vec<VaultNo>,
    pub(super) receipts: Vec<(VaultNo, u64)>,
}

/// Where a box stands within the tick.
pub(super) enum Step {
    /// The vaults are asked, or copies are awaited.
    Open,
    /// It has somewhere to go.
    Going(Box<Target>),
    /// It is done.
    Over,
}

/// Where a box goes.
pub(super) struct Target {
    pub(super) sharing: Sharing,
    pub(super) kind: Kind,
    pieces: Pieces,
    sheet: Option<AtRest>,
    /// The pages that are new in this epoch.
    pages: Vec<(PageId, AtRest)>,
    /// All pages of this epoch.
    pub(super) all_pages: Vec<PageId>,
    /// What this tick cuts out.
    pub(super) cut: Vec<NumberRange>,
    /// Whether the store has the rows already.
    has_rows: bool,
}

/// How a box gets there.
pub(super) enum Kind {
    /// By a new cut, from this sharing.
    New { from: Sharing, change: Option<Box<Change>> },
    /// A tick that was half done goes on.
    Forward,
    /// It is there; late vaults follow.
    Again,
}

enum Pieces {
    Fresh(Vec<Piece>),
    Found(Box<Group>),
}

/// What planning comes to.
pub(super) enum Planned {
    /// It has somewhere to go: so many bytes for every vault.
    Going(usize),
    /// These copies are needed first.
    Ask(VaultNo, Vec<(usize, Op)>),
    /// Copies are awaited.
    Waiting,
    /// There is nothing to do, or nothing can be done now.
    Over(Ticked),
    /// No vault has it any more: what is pending of it is moot.
    Gone,
}

/// How often a cut may name further pages.
const CUT_TRIES: usize = 8;

impl Work {
    pub(super) fn new(deployment: &Deployment, task: Task) -> Work {
        let views = Views::none(deployment);
        Work { task, views, step: Step::Open, fetch: None, staged: Vec::new(), receipts: Vec::new() }
    }

    /// Vaults that have failed are not waited for.
    pub(super) fn leave(&mut self, has_failed: impl Fn(VaultNo) -> bool) {
        if let Some(fetch) = &mut self.fetch {
            fetch.leave(has_failed);
        }
    }

    /// Copies have come, or not.
    pub(super) fn heard_copy(&mut self, number: usize, reply: Option<crate::wire::Reply>) {
        if let Some(fetch) = &mut self.fetch {
            fetch.heard(number, reply);
        }
    }

    /// Decides where the box goes.
    pub(super) fn plan(
        &mut self,
        deployment: &Deployment,
        ring: &Keyring,
        rows: &mut dyn StateRows,
        rng: &mut dyn crypto::Rng,
    ) -> Result<Planned, StoreError> {
        match judge(deployment, self.task.key, &self.views) {
            Verdict::Nothing => Ok(Planned::Gone),
            Verdict::Unclear => Ok(Planned::Over(Ticked::Away)),
            Verdict::Forward { to } => self.go_to(to, Kind::Forward, deployment, ring, rows),
            Verdict::Settled(at) => self.cut(at, false, deployment, ring, rows, rng),
            Verdict::Back { at, stages } => {
                let has_stages = !stages.is_empty();
                self.cut(at, has_stages, deployment, ring, rows, rng)
            }
        }
    }

    /// A new epoch without what is pending; if nothing is, late vaults follow to this one.
    fn cut(
        &mut self,
        at: Group,
        has_stages: bool,
        deployment: &Deployment,
        ring: &Keyring,
        rows: &mut dyn StateRows,
        rng: &mut dyn crypto::Rng,
    ) -> Result<Planned, StoreError> {
        let ranges = match (self.task.key, self.task.aim) {
            (_, Aim::Below(below)) => NumberRange::below(below).into_iter().collect(),
            (KeyName::X(of), _) => NumberRange::joined(&rows.pending(of, limits::TICK_RANGES_MAX)?),
            (_, Aim::Pending | Aim::Anew) => Vec::new(),
        };
        if ranges.is_empty() && self.task.aim != Aim::Anew {
            let is_everywhere = at.current.len() == deployment.roster().n();
            return match is_everywhere || has_stages || self.has_late(&at, deployment) {
                true => self.go_to(at, Kind::Again, deployment, ring, rows),
                false => Ok(Planned::Over(Ticked::Waiting)),
            };
        }
        if self.views.answered() < deployment.roster().w() {
            return Ok(Planned::Over(Ticked::Away));
        }
        let (before, end) = match self.task.key {
            KeyName::X(_) => (at.sharing.epoch, LASTING_EPOCH),
            KeyName::Deployment | KeyName::Root | KeyName::C(_) | KeyName::Device(_) | KeyName::Day(_) => {
                // Vaults count who asks for such a one, however often it was shared.
                (at.sharing.epoch.max(LASTING_EPOCH - 1), u32::MAX)
            }
        };
        let Some(epoch) = before.checked_add(1).filter(|&epoch| epoch < end) else {
            return Ok(Planned::Over(Ticked::Unusable));
        };
        let KeyName::X(of) = self.task.key else { return Ok(self.share_anew(&at, epoch, deployment, rng)) };
        let state = match self.state(of, &at, deployment, ring, rows)? {
            Ok(state) => state,
            Err(planned) => return Ok(planned),
        };
        let Fresh { key, pieces } = draw(deployment, KeyName::X(of), epoch, rng);
        let change = match change(of, &state, &ranges, key, rows, rng)? {
            Ok(change) => change,
            Err(ticked) => return Ok(Planned::Over(ticked)),
        };
        let Some(tag) = pieces.first().map(Piece::tag) else { return Ok(Planned::Over(Ticked::Unusable)) };
        let bytes = change.bytes();
        self.step = Step::Going(Box::new(Target {
            sharing: Sharing { epoch, tag },
            pieces: Pieces::Fresh(pieces),
            sheet: Some(change.sheet.clone()),
            pages: change.pages.clone(),
            all_pages: change.next().pages(),
            cut: ranges,
            has_rows: false,
            kind: Kind::New { from: at.sharing, change: Some(Box::new(change)) },
        }));
        Ok(Planned::Going(bytes))
    }

    /// The same secret in new shares, for a key that has no state.
    fn share_anew(
        &mut self,
        at: &Group,
        epoch: u32,
        deployment: &Deployment,
        rng: &mut dyn crypto::Rng,
    ) -> Planned {
        let pieces = share_anew(deployment, self.task.key, at, epoch, rng);
        let Some(tag) = pieces.first().map(Piece::tag) else { return Planned::Over(Ticked::Unusable) };
        self.step = Step::Going(Box::new(Target {
            sharing: Sharing { epoch, tag },
            kind: Kind::New { from: at.sharing, change: None },
            pieces: Pieces::Fresh(pieces),
            sheet: None,
            pages: Vec::new(),
            all_pages: Vec::new(),
            cut: Vec::new(),
            has_rows: true,
        }));
        Planned::Going(0)
    }

    /// Whether a vault that was heard is elsewhere, or has a stage left over.
    fn has_late(&self, at: &Group, deployment: &Deployment) -> bool {
        deployment.roster().vaults().any(|(vault, _)| {
            self.views.of(vault).is_some_and(|view| view.staged.is_some() || !at.current.contains(&vault))
        })
    }

    /// To an epoch that exists.
    fn go_to(
        &mut self,
        to: Group,
        kind: Kind,
        deployment: &Deployment,
        ring: &Keyring,
        rows: &mut dyn StateRows,
    ) -> Result<Planned, StoreError> {
        let (mut sheet, mut all_pages, mut bytes) = (None, Vec::new(), 0);
        if let KeyName::X(of) = self.task.key {
            match self.state(of, &to, deployment, ring, rows)? {
                Ok(state) => {
                    (sheet, all_pages, bytes) = (state.sheet().cloned(), state.pages(), state.bytes());
                }
                Err(planned) => return Ok(planned),
            }
        }
        self.step = Step::Going(Box::new(Target {
            sharing: to.sharing,
            kind,
            pieces: Pieces::Found(Box::new(to)),
            sheet,
            pages: Vec::new(),
            all_pages,
            cut: Vec::new(),
            has_rows: true,
        }));
        Ok(Planned::Going(bytes))
    }

    /// The state of a group's epoch, from the store; what it lacks is brought from the vaults and written.
    fn state(
        &mut self,
        of: BoxId,
        group: &Group,
        deployment: &Deployment,
        ring: &Keyring,
        rows: &mut dyn StateRows,
    ) -> Result<Result<State, Planned>, StoreError> {
        let epoch = group.sharing.epoch;
        let x = || group.key(deployment, KeyName::X(of));
        let open = |sheet: Option<AtRest>| x().and_then(|x| ring.state(of, epoch, x, sheet).ok());
        if epoch == 0 {
            return Ok(open(None).ok_or(Planned::Over(Ticked::Unusable)));
        }
        if self.fetch.is_none()
            && let Some(sheet) = rows.sheet(of, epoch)?
            && let Some(state) = open(Some(sheet))
            && read_pages(of, &state.pages(), rows, &mut Vec::new())?
        {
            return Ok(Ok(state));
        }
        let fetch = self.fetch.get_or_insert_with(|| Fetch::new(deployment, of, group));
        Ok(match fetch.next(deployment, ring, x, rows)? {
            Fetched::Ask(vault, ops) => Err(Planned::Ask(vault, ops)),
            Fetched::Waiting => Err(Planned::Waiting),
            Fetched::Failed => Err(Planned::Over(Ticked::Unusable)),
            Fetched::Lost => Err(Planned::Over(Ticked::Away)),
            Fetched::Whole(sheet, pages) => {
                rows.write_state(of, epoch, &sheet, &pages)?;
                self.fetch = None;
                open(Some(sheet)).ok_or(Planned::Over(Ticked::Unusable))
            }
        })
    }

    /// What brings a vault to the target, as far as it is not there; nothing if it cannot be brought.
    pub(super) fn bring(
        &mut self,
        vault: VaultNo,
        deployment: &Deployment,
        rows: &mut dyn StateRows,
    ) -> Result<Vec<Op>, StoreError> {
        let Step::Going(target) = &self.step else { return Ok(Vec::new()) };
        let Some(view) = self.views.of(vault) else { return Ok(Vec::new()) };
        let sharing = |entry: &crate::wire::Entry| Sharing { epoch: entry.epoch, tag: entry.piece.tag() };
        let (current, staged) = (view.current.as_ref().map(sharing), view.staged.as_ref().map(sharing));
        let handle = deployment.handle(self.task.key, vault);
        let mut ops = Vec::new();
        if let Some(other) = staged.filter(|&staged| staged != target.sharing) {
            ops.push(Op::Unstage { handle, to: other.epoch, tag: other.tag });
        }
        if current == Some(target.sharing) || staged == Some(target.sharing) {
            self.staged.push(vault);
            return Ok(ops);
        }
        if current.is_some_and(|current| current.epoch >= target.sharing.epoch) {
            deployment.name(vault, Misdeed::WrongEpoch);
            return Ok(ops);
        }
        let piece = match &target.pieces {
            Pieces::Fresh(pieces) => pieces.get(vault.index()).cloned(),
            Pieces::Found(group) => group.piece(deployment, self.task.key, vault),
        };
        let Some(piece) = piece else { return Ok(ops) };
        let follows = match &target.kind {
            Kind::New { from, .. } => current == Some(*from),
            Kind::Forward | Kind::Again => false,
        };
        let (pages, ended) = match &target.kind {
            Kind::New { change: Some(change), .. } if follows => {
                let ended = change.ended.iter().map(page_number).collect();
                (target.pages.clone(), Ended::Pages(ended))
            }
            Kind::New { .. } | Kind::Forward | Kind::Again => {
                let mut pages = target.pages.clone();
                if let KeyName::X(of) = self.task.key
                    && !read_pages(of, &target.all_pages, rows, &mut pages)?
                {
                    return Ok(ops);
                }
                (pages, Ended::AllOthers)
            }
        };
        ops.push(Op::Stage(Box::new(Stage {
            handle,
            from: current.map(|current| current.epoch),
            to: target.sharing.epoch,
            piece,
            sheet: target.sheet.as_ref().map(|sheet| sheet.as_bytes().to_vec()).unwrap_or_default(),
            pages: pages.iter().map(|(id, page)| (page_number(id), page.as_bytes().to_vec())).collect(),
            ended,
        })));
        Ok(ops)
    }

    /// Whether the target may be committed: W have staged it, or one has committed it before.
    pub(super) fn may_commit(&self, deployment: &Deployment) -> bool {
        let Step::Going(target) = &self.step else { return false };
        let was = match (&target.kind, &target.pieces) {
            (Kind::Again, _) => true,
            (Kind::Forward, Pieces::Found(group)) => !group.current.is_empty(),
            (Kind::Forward, Pieces::Fresh(_)) | (Kind::New { .. }, _) => false,
        };
        was || self.staged.len() >= deployment.roster().w()
    }

    /// Writes the rows of the target, if the store does not have them.
    pub(super) fn write_rows(
        &mut self,
        rows: &mut dyn StateRows,
    ) -> Result<Option<store::Commit>, StoreError> {
        let Step::Going(target) = &mut self.step else { return Ok(None) };
        let Some(sheet) = target.sheet.as_ref().filter(|_| !target.has_rows) else { return Ok(None) };
        let KeyName::X(of) = self.task.key else { return Ok(None) };
        target.has_rows = true;
        rows.write_state(of, target.sharing.epoch, sheet, &target.pages).map(Some)
    }

    /// The keys in memory go over to the target: from here on there is no way back. Whoever uses them goes on.
    pub(super) fn advance(&self, deployment: &Deployment, ring: &Keyring) {
        let (Step::Going(target), KeyName::X(of)) = (&self.step, self.task.key) else { return };
        let Ok(keys) = ring.warm(of) else { return };
        let is_there = match &target.kind {
            Kind::New { change: Some(change), .. } => keys.advance(change).is_ok(),
            Kind::New { change: None, .. } | Kind::Forward | Kind::Again => {
                let epoch = target.sharing.epoch;
                let key = match &target.pieces {
                    Pieces::Found(group) if keys.epoch().is_ok_and(|at| at < epoch) => {
                        group.key(deployment, self.task.key)
                    }
                    Pieces::Found(_) | Pieces::Fresh(_) => None,
                };
                let state = key.and_then(|x| ring.state(of, epoch, x, target.sheet.clone()).ok());
                let has_caught_up = state.is_none_or(|state| keys.catch_up(state).is_ok());
                has_caught_up && keys.epoch() == Ok(epoch)
            }
        };
        if !is_there {
            // It was brought at another epoch, or from another attempt: it comes back when it is needed.
            ring.close_box(of);
        }
    }

    /// No key in memory is of an epoch before the target: a release that had asked before may have brought one since.
    pub(super) fn end_before(&self, deployment: &Deployment, ring: &Keyring) {
        let (Step::Going(target), KeyName::X(of)) = (&self.step, self.task.key) else { return };
        if ring.warm(of).is_ok_and(|keys| keys.epoch().is_ok_and(|at| at < target.sharing.epoch)) {
            self.advance(deployment, ring);
        }
    }
}

/// The state without what is cut out, under a new X; or why there is none.
fn change(
    of: BoxId,
    state: &State,
    ranges: &[NumberRange],
    x: Secret<[u8; 32]>,
    rows: &mut dyn StateRows,
    rng: &mut dyn crypto::Rng,
) -> Result<Result<Change, Ticked>, StoreError> {
    let mut pages = Vec::new();
    let mut wanted = state.touched(ranges);
    for _ in 0..CUT_TRIES {
        if !read_pages(of, &wanted, rows, &mut pages)? {
            return Ok(Err(Ticked::Unusable));
        }
        match state.estimate(ranges, &pages) {
            Ok(size) if size.state_bytes > limits::ERASURE_STATE_BYTES_MAX => {
                return Ok(Err(Ticked::TooLarge));
            }
            Ok(_) => break,
            Err(CutError::PagesMissing(more)) => wanted = more,
            Err(CutError::TooLarge) => return Ok(Err(Ticked::TooLarge)),
            Err(CutError::State(_)) => return Ok(Err(Ticked::Unusable)),
        }
    }
    Ok(state.cut(ranges, &pages, x, rng).map_err(|error| match error {
        CutError::TooLarge => Ticked::TooLarge,
        CutError::PagesMissing(_) | CutError::State(_) => Ticked::Unusable,
    }))
}

/// Reads the pages that are not there yet; whether the store has them all.
fn read_pages(
    of: BoxId,
    wanted: &[PageId],
    rows: &mut dyn StateRows,
    pages: &mut Vec<(PageId, AtRest)>,
) -> Result<bool, StoreError> {
    for &id in wanted {
        if pages.iter().any(|(other, _)| *other == id) {
            continue;
        }
        match rows.page(of, id)? {
            Some(page) => pages.push((id, page)),
            None => return Ok(false),
        }
    }
    Ok(true)
}

fn page_number(id: &PageId) -> u64 {
    u64::from_be_bytes(id.to_bytes())
}
