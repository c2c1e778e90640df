//! Budgets of calls: what each user may ask in so long, by kind of method and by what a call costs (A4).
//!
//! Every call costs one token of asking, also one that is refused because there is no such method or nobody is logged in, and
//! one of changing when it opens a transaction that writes; methods that do more charge more, before they begin. A call that was
//! not done for want of keys gets its tokens back. Counters are in memory alone. A client that waits as long as it was told is not refused again ([`Budgets`]).
use std::time::Duration;

use ids::limits::{
    ASK_TOKENS_BURST, ASK_TOKENS_PER_MINUTE, CHANGE_TOKENS_BURST, CHANGE_TOKENS_PER_MINUTE,
    FLOOD_SUBJECTS_MAX, SEARCH_TOKENS, SEARCH_TOKENS_BURST, SEARCH_TOKENS_PER_MINUTE,
};
use ids::{AuthKeyId, Budgets, Now, UserId};

use crate::RpcError;

/// What one call takes from its caller's budget.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cost {
    kind: Kind,
    tokens: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Ask,
    Change,
    Search,
}

/// Whose budget it is: his own if somebody is logged in, the key's if not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Subject {
    User(UserId),
    Key(AuthKeyId),
}

/// The budgets of all users.
pub struct Flood {
    budgets: Option<[Budgets<Subject>; 3]>,
}

impl Cost {
    /// Looking something up: a page of a chat, a list of users.
    pub(crate) const fn ask(tokens: u32) -> Self {
        Self { kind: Kind::Ask, tokens }
    }

    /// Changing so many things that are kept: messages that are made, contacts that are added.
    pub(crate) fn change(things: usize) -> Self {
        Self { kind: Kind::Change, tokens: u32::try_from(things).unwrap_or(u32::MAX) }
    }

    /// Looking through whole chats, as far as a search goes.
    pub(crate) const fn search() -> Self {
        Self { kind: Kind::Search, tokens: SEARCH_TOKENS }
    }
}

impl Flood {
    /// Budgets of so many hundredths of the usual ones; with 0 nobody is refused.
    #[must_use]
    pub fn new(percent: u32) -> Self {
        let budgets = |per_minute: u32, burst: u32| {
            let part =
                |tokens: u32| u32::try_from(u64::from(tokens) * u64::from(percent) / 100).unwrap_or(u32::MAX);
            Budgets::new(part(per_minute), part(burst), FLOOD_SUBJECTS_MAX)
        };
        let all = || {
            [
                budgets(ASK_TOKENS_PER_MINUTE, ASK_TOKENS_BURST),
                budgets(CHANGE_TOKENS_PER_MINUTE, CHANGE_TOKENS_BURST),
                budgets(SEARCH_TOKENS_PER_MINUTE, SEARCH_TOKENS_BURST),
            ]
        };
        Self { budgets: (percent > 0).then(all) }
    }

    /// Takes what a call costs, or says FLOOD_WAIT_X.
    pub(crate) fn take(&mut self, subject: Subject, cost: Cost, now: Now) -> Result<(), RpcError> {
        let Some(budgets) = self.of(cost.kind) else { return Ok(()) };
        let now = Duration::from_millis(now.mono_ms);
        budgets.take(subject, cost.tokens, now).map_err(|wait| RpcError::FloodWait { seconds: whole_s(wait) })
    }

    /// The call was not done.
    pub(crate) fn give_back(&mut self, subject: Subject, cost: Cost) {
        if let Some(budgets) = self.of(cost.kind) {
            budgets.give_back(subject, cost.tokens);
        }
    }

    fn of(&mut self, kind: Kind) -> Option<&mut Budgets<Subject>> {
        let [ask, change, search] = self.budgets.as_mut()?;
        Some(match kind {
            Kind::Ask => ask,
            Kind::Change => change,
            Kind::Search => search,
        })
    }
}

/// Whole seconds after which a time is over.
fn whole_s(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1)
}
