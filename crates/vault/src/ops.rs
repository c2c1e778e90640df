//! The operations of a request, each on what lies under its handle. What each does is specified in docs/keys.md 6.
//!
//! All of them may come twice: the second time they find what they would have done and say the same.

use custody::wire::{CopyOf, Ended, Entry, Handle, Mark, Op, Reply, Stage, Tag, is_lasting};
use ids::sabotage;
use zeroize::Zeroizing;

use crate::{
    fault::{Fault, Part},
    held::{Held, Staged},
    page::Value,
    row_key::RowKey,
    work::Work,
};

/// The handle that an operation is about.
pub(crate) fn handle(op: &Op) -> Option<Handle> {
    match op {
        Op::Draw { .. } | Op::Report { .. } | Op::Status => None,
        Op::Put { handle, .. }
        | Op::Get { handle }
        | Op::Commit { handle, .. }
        | Op::Unstage { handle, .. }
        | Op::Destroy { handle }
        | Op::Copy { handle, .. } => Some(*handle),
        Op::Stage(stage) => Some(stage.handle),
    }
}

/// Carries an operation out.
pub(crate) fn run(work: &mut Work<'_>, op: Op) -> Result<Reply, Fault> {
    match op {
        Op::Draw { value, token } => {
            if value > work.head.drawn.0 {
                work.head.drawn = (value, token.0);
            }
            Ok(Reply::Draw { value: work.head.drawn.0, token: work.head.token() })
        }
        Op::Report { incarnation, commit, mark } => {
            let before = work.head.reported;
            if (incarnation, commit) > (before.0, before.1) {
                work.head.reported = (incarnation, commit, mark.0);
            }
            Ok(Reply::Report { incarnation: before.0, commit: before.1, mark: Mark(before.2) })
        }
        Op::Put { handle, epoch, piece } => put(work, handle, Entry { epoch, piece }),
        Op::Get { handle } => {
            let Held { current, staged } = decoded(work.peek(&RowKey::share(handle))?.as_ref())?;
            let staged = staged.map(|staged| staged.entry);
            // A C has no other epochs, whatever is staged beside it.
            let is_counted = [&current, &staged].into_iter().flatten().any(|entry| is_lasting(entry.epoch));
            if is_counted && !work.may_give(handle)? {
                return Ok(Reply::Withheld);
            }
            Ok(Reply::Get { current, staged })
        }
        Op::Stage(stage) => self::stage(work, *stage),
        Op::Commit { handle, to, tag } => commit(work, handle, to, tag),
        Op::Unstage { handle, to, tag } => unstage(work, handle, to, tag),
        Op::Destroy { handle } if sabotage::is(sabotage::Fault::SoftDelete) => {
            let Held { current, staged } = held(work, handle)?;
            let marked = current.map(|entry| Staged { entry, ended: Ended::AllOthers });
            keep(work, handle, &Held { current: None, staged: marked.or(staged) })?;
            Ok(Reply::Destroy)
        }
        Op::Destroy { handle } => {
            work.remove(&RowKey::share(handle))?;
            remove_all(work, &RowKey::copies(handle))?;
            Ok(Reply::Destroy)
        }
        Op::Copy { handle, what } => {
            let bytes = work.value(&RowKey::copy(handle, what))?;
            Ok(Reply::Copy(bytes.map(|bytes| bytes.to_vec())))
        }
        Op::Status => Ok(Reply::Status { rows: work.head.rows, bytes: work.head.bytes }),
    }
}

fn put(work: &mut Work<'_>, handle: Handle, entry: Entry) -> Result<Reply, Fault> {
    let there = held(work, handle)?;
    if there == Held::default() {
        keep(work, handle, &Held { current: Some(entry), staged: None })?;
        return Ok(Reply::Put { kept: true });
    }
    Ok(Reply::Put { kept: there.current.is_some_and(|current| current == entry) })
}

fn stage(work: &mut Work<'_>, stage: Stage) -> Result<Reply, Fault> {
    let Stage { handle, from, to, piece, sheet, pages, ended } = stage;
    let mut held = held(work, handle)?;
    let current = held.epoch();
    if held.staged.is_some() || current != from {
        let is_the_same = current == from && held.has_staged(to, piece.tag());
        return Ok(Reply::Stage { staged: is_the_same, current });
    }
    work.put(RowKey::copy(handle, CopyOf::StagedSheet), Zeroizing::new(sheet))?;
    for (id, page) in pages {
        work.put(RowKey::copy(handle, CopyOf::StagedPage(id)), Zeroizing::new(page))?;
    }
    held.staged = Some(Staged { entry: Entry { epoch: to, piece }, ended });
    keep(work, handle, &held)?;
    Ok(Reply::Stage { staged: true, current })
}

fn commit(work: &mut Work<'_>, handle: Handle, to: u32, tag: Tag) -> Result<Reply, Fault> {
    let mut held = held(work, handle)?;
    match held.staged.take() {
        Some(staged) if staged.entry.epoch == to && staged.entry.piece.tag() == tag => {
            match staged.ended {
                Ended::AllOthers => remove_all(work, &RowKey::pages(handle, false))?,
                Ended::Pages(pages) => {
                    for page in pages {
                        work.remove(&RowKey::copy(handle, CopyOf::Page(page)))?;
                    }
                }
            }
            for key in work.keys(&RowKey::pages(handle, true))? {
                let page = work.remove(&key)?;
                if let (Some(id), Some(page)) = (key.page_id(), page) {
                    work.put(RowKey::copy(handle, CopyOf::Page(id)), page)?;
                }
            }
            if let Some(sheet) = work.remove(&RowKey::copy(handle, CopyOf::StagedSheet))? {
                work.put(RowKey::copy(handle, CopyOf::Sheet), sheet)?;
            }
            let kept = held.current.filter(|_| sabotage::is(sabotage::Fault::KeyKept));
            let kept = kept.map(|entry| Staged { entry, ended: Ended::AllOthers });
            keep(work, handle, &Held { current: Some(staged.entry), staged: kept })?;
            Ok(Reply::Commit { committed: true, current: Some(to) })
        }
        Some(_) | None => Ok(Reply::Commit { committed: held.has_current(to, tag), current: held.epoch() }),
    }
}

fn unstage(work: &mut Work<'_>, handle: Handle, to: u32, tag: Tag) -> Result<Reply, Fault> {
    let mut held = held(work, handle)?;
    let current = held.epoch();
    if held.has_staged(to, tag) {
        held.staged = None;
        remove_all(work, &RowKey::pages(handle, true))?;
        work.remove(&RowKey::copy(handle, CopyOf::StagedSheet))?;
        keep(work, handle, &held)?;
    }
    Ok(Reply::Unstage { gone: !held.has_current(to, tag), current })
}

/// What lies under a handle.
fn held(work: &mut Work<'_>, handle: Handle) -> Result<Held, Fault> {
    decoded(work.value(&RowKey::share(handle))?)
}

fn decoded(row: Option<&Value>) -> Result<Held, Fault> {
    match row {
        // Its page was opened, so this vault wrote it; what it cannot read then is another version's.
        Some(row) => Held::decode(row).ok_or(Fault::Damaged(Part::Table)),
        None => Ok(Held::default()),
    }
}

fn keep(work: &mut Work<'_>, handle: Handle, held: &Held) -> Result<(), Fault> {
    let key = RowKey::share(handle);
    if *held == Held::default() {
        return work.remove(&key).map(drop);
    }
    work.put(key, held.encode())
}

fn remove_all(work: &mut Work<'_>, beginning: &RowKey) -> Result<(), Fault> {
    for key in work.keys(beginning)? {
        work.remove(&key)?;
    }
    Ok(())
}
