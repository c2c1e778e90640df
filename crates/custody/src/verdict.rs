//! What the vaults' words mean for one box: which epoch is usable, and what becomes of a half-done tick (docs/keys.md 5.2).
//!
//! Three facts carry every rule. A tick commits only after W vaults have staged it, and what is staged stays until this
//! stage is committed or taken back. What ended is removed from the store only with D receipts, and k vaults that are
//! still at the earlier epoch then cannot exist (D + k > n). A stage that k vaults hold can be completed: its secret,
//! and so every vault's share, follows from theirs.

use crate::{
    deployment::{Deployment, KeyName},
    roster::VaultNo,
    shared::{Group, Sharing, Views, Weighed},
};

/// What is to be done with the X of a box.
pub(crate) enum Verdict {
    /// No tick is half done: enough vaults are at this epoch. Those that are elsewhere are late.
    Settled(Group),
    /// A tick (or a mint) is half done, and goes on.
    Forward {
        /// Where it goes.
        to: Group,
    },
    /// A tick is half done, cannot have been committed anywhere, and is taken back.
    Back {
        /// What stays.
        at: Group,
        /// What goes, and where.
        stages: Vec<(VaultNo, Sharing)>,
    },
    /// So many vaults have nothing that there cannot be k shares.
    Nothing,
    /// More vaults have to be heard.
    Unclear,
}

/// What holds now for a tick, as far as the vaults were heard.
pub(crate) fn judge(deployment: &Deployment, name: KeyName, views: &Views) -> Verdict {
    let roster = deployment.roster();
    let (k, w, d) = (roster.k(), roster.w(), roster.d());
    let Weighed { mut groups, unheard } = views.weigh(deployment, name);
    if views.empty() >= d {
        return Verdict::Nothing;
    }
    // As many as could have staged, and one of them committed, what nobody heard of.
    if unheard >= w {
        return Verdict::Unclear;
    }
    let base = groups.iter().position(|group| group.held() >= k && !group.current.is_empty());
    let later = base.unwrap_or(groups.len());
    let base_epoch = base.and_then(|at| groups.get(at)).map(|group| group.sharing.epoch);
    let is_open = |group: &Group| base_epoch.is_none_or(|epoch| group.sharing.epoch > epoch);
    let open: Vec<&Group> = groups.iter().take(later).filter(|group| is_open(group)).collect();
    let possible = open.iter().filter(|group| group.held() + unheard >= w).count();
    match open.iter().position(|group| group.held() >= k) {
        Some(at) if possible <= 1 => {
            return Verdict::Forward { to: groups.remove(at) };
        }
        Some(_) => return Verdict::Unclear,
        None if possible > 0 => return Verdict::Unclear,
        None => {}
    }
    let stages = open
        .iter()
        .flat_map(|group| group.staged.iter().map(|&vault| (vault, group.sharing)))
        .collect::<Vec<_>>();
    let Some(at) = base.map(|at| groups.remove(at)) else { return Verdict::Unclear };
    if at.current.len() < k.max(d) {
        // Committed somewhere, and not at so many that the store may have forgotten what was before.
        return Verdict::Forward { to: at };
    }
    if stages.is_empty() { Verdict::Settled(at) } else { Verdict::Back { at, stages } }
}

/// What opens the key now: the latest epoch that is current somewhere and of which k shares are there, or else one that
/// is staged with k shares. Reading is right at either side of a half-done tick.
pub(crate) fn usable(deployment: &Deployment, name: KeyName, views: &Views) -> Option<Group> {
    let k = deployment.roster().k();
    if views.answered() < k {
        return None;
    }
    let mut groups = views.weigh(deployment, name).groups;
    let at = groups
        .iter()
        .position(|group| group.held() >= k && !group.current.is_empty())
        .or_else(|| groups.iter().position(|group| group.held() >= k))?;
    Some(groups.swap_remove(at))
}

/// Whether no k vaults can have shares of one secret: nobody has any, or all that is there is what mints that were cut
/// short, or a destruction that not all vaults have heard of, have left behind.
pub(crate) fn is_nothing(deployment: &Deployment, name: KeyName, views: &Views) -> bool {
    let (n, k) = (deployment.roster().n(), deployment.roster().k());
    if matches!(name, KeyName::X(_)) {
        // It moves on from epoch to epoch, and vaults that were asked before and after say different things.
        return views.empty() >= deployment.roster().d();
    }
    if views.answered() + k <= n {
        return false;
    }
    let Weighed { groups, unheard } = views.weigh(deployment, name);
    unheard < k && groups.iter().all(|group| group.held() + unheard < k)
}

#[cfg(test)]
mod tests;
