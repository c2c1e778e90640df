//! A secret as shares with commitments, and what several vaults say of one key, put together (docs/keys.md 3).

use crypto::{Rng, ct_eq, sha256, share};
use ids::{
    limits,
    sabotage::{self, Fault},
};
use sealed::Secret;
use zeroize::Zeroizing;

use crate::{
    deployment::{Deployment, KeyName, Misdeed},
    roster::VaultNo,
    wire::{Commitment, Entry, Piece, Tag},
};

/// A new shared key: for us the key, for each vault its piece.
pub(crate) struct Fresh {
    /// What is used; no vault can make it.
    pub(crate) key: Secret<[u8; 32]>,
    /// One for each vault, in order.
    pub(crate) pieces: Vec<Piece>,
}

/// Draws a secret and shares it over the vaults.
pub(crate) fn draw(deployment: &Deployment, name: KeyName, epoch: u32, rng: &mut dyn Rng) -> Fresh {
    let mut secret = Zeroizing::new([0; 32]);
    rng.fill(&mut *secret);
    let pieces = pieces(deployment, name, epoch, &secret, rng);
    Fresh { key: deployment.shared_key(&secret, name, epoch), pieces }
}

/// The secret of a group in other shares: of these and those of before no k open anything together. Nothing where k shares are
/// not there.
pub(crate) fn share_anew(
    deployment: &Deployment,
    name: KeyName,
    group: &Group,
    epoch: u32,
    rng: &mut dyn Rng,
) -> Vec<Piece> {
    let secret = group.shares.get(..deployment.roster().k()).and_then(|shares| share::join(shares).ok());
    secret.map_or_else(Vec::new, |secret| pieces(deployment, name, epoch, &secret, rng))
}

fn pieces(
    deployment: &Deployment,
    name: KeyName,
    epoch: u32,
    secret: &[u8; 32],
    rng: &mut dyn Rng,
) -> Vec<Piece> {
    let roster = deployment.roster();
    let k = if sabotage::is(Fault::OneShare) { 1 } else { roster.k() };
    let (k, n) = (small(k), small(roster.n()));
    // A roster has 2 <= k < n <= 15, which is all that can be wrong.
    let shares = share::split(secret, k, n, rng).unwrap_or_default();
    let commitments: Vec<Commitment> = shares
        .iter()
        .map(|share| commitment(deployment, name, epoch, VaultNo(share.at), &share.bytes))
        .collect();
    let piece = |share: share::Share| Piece { share: share.bytes, commitments: commitments.clone() };
    shares.into_iter().map(piece).collect()
}

/// commitment(v) of docs/keys.md 3.
fn commitment(
    deployment: &Deployment,
    name: KeyName,
    epoch: u32,
    vault: VaultNo,
    share: &[u8; 32],
) -> Commitment {
    let handle = deployment.handle(name, vault);
    let hash = sha256(&[b"heliograph share", &handle.0, &epoch.to_be_bytes(), &[vault.0], share]);
    let mut commitment = [0; 16];
    commitment.copy_from_slice(hash.split_at(16).0);
    Commitment(commitment)
}

fn small(count: usize) -> u8 {
    u8::try_from(count).unwrap_or(u8::MAX)
}

/// What each vault says of one key; nothing while it has not answered.
#[derive(Default)]
pub(crate) struct Views {
    said: Vec<Option<View>>,
    /// Those that have something and do not give it.
    withheld: Vec<VaultNo>,
    /// One that has taken another's place, and may not have got its share yet: that it has nothing says nothing.
    newcomer: Option<VaultNo>,
}

/// What one vault says of one key.
#[derive(Default)]
pub(crate) struct View {
    /// The share of the epoch it is at.
    pub(crate) current: Option<Entry>,
    /// The share of a staged epoch.
    pub(crate) staged: Option<Entry>,
}

/// An epoch as one sharing: two attempts at the same epoch are two of these.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Sharing {
    pub(crate) epoch: u32,
    pub(crate) tag: Tag,
}

/// What the vaults say, put together.
pub(crate) struct Weighed {
    /// The latest epochs first, of one epoch the most common first.
    pub(crate) groups: Vec<Group>,
    /// Vaults that may say anything yet.
    pub(crate) unheard: usize,
}

/// The vaults that hold right shares of one sharing.
pub(crate) struct Group {
    pub(crate) sharing: Sharing,
    /// Where it is current.
    pub(crate) current: Vec<VaultNo>,
    /// Where it is staged.
    pub(crate) staged: Vec<VaultNo>,
    commitments: Vec<Commitment>,
    shares: Vec<share::Share>,
}

impl Group {
    /// How many vaults hold it, current or staged.
    pub(crate) fn held(&self) -> usize {
        self.shares.len()
    }

    /// The key, from k shares.
    pub(crate) fn key(&self, deployment: &Deployment, name: KeyName) -> Option<Secret<[u8; 32]>> {
        let secret = share::join(self.shares.get(..deployment.roster().k())?).ok()?;
        Some(deployment.shared_key(&secret, name, self.sharing.epoch))
    }

    /// The piece of a vault: its own share, or, where it lost it, made from the others'. Moving all places by v makes
    /// the value at v that at 0: addition in GF(2^8) is exclusive or.
    pub(crate) fn piece(&self, deployment: &Deployment, name: KeyName, vault: VaultNo) -> Option<Piece> {
        let moved = self
            .shares
            .iter()
            .filter(|share| share.at != vault.0)
            .take(deployment.roster().k())
            .map(|share| share::Share { at: share.at ^ vault.0, bytes: share.bytes.clone() })
            .collect::<Vec<_>>();
        let share = match self.shares.iter().find(|share| share.at == vault.0) {
            Some(own) => own.bytes.clone(),
            None if moved.len() == deployment.roster().k() => share::join(&moved).ok()?,
            None => return None,
        };
        let right = self.commitments.get(vault.index())?;
        let made = commitment(deployment, name, self.sharing.epoch, vault, &share);
        ct_eq(&made.0, &right.0).then(|| Piece { share, commitments: self.commitments.clone() })
    }
}

impl View {
    fn is_empty(&self) -> bool {
        self.current.is_none() && self.staged.is_none()
    }
}

impl Views {
    /// Nobody has said anything.
    pub(crate) fn none(deployment: &Deployment) -> Views {
        let roster = deployment.roster();
        let said = (0..roster.n()).map(|_| None).collect();
        Views { said, withheld: Vec::new(), newcomer: roster.newcomer() }
    }

    /// A vault has said this. What it says first counts.
    pub(crate) fn heard(&mut self, vault: VaultNo, view: View) {
        if let Some(said @ None) = self.said.get_mut(vault.index()) {
            *said = Some(view);
        }
    }

    /// A vault has something and does not give it: it stays unheard.
    pub(crate) fn withheld(&mut self, vault: VaultNo) {
        if !self.withheld.contains(&vault) {
            self.withheld.push(vault);
        }
    }

    /// Whether so many do not give what they have that too few are left.
    pub(crate) fn are_withheld(&self, deployment: &Deployment) -> bool {
        self.withheld.len() + deployment.roster().k() > deployment.roster().n()
    }

    /// What a vault said.
    pub(crate) fn of(&self, vault: VaultNo) -> Option<&View> {
        self.said.get(vault.index())?.as_ref()
    }

    /// How many have said something.
    pub(crate) fn answered(&self) -> usize {
        self.said.iter().flatten().count()
    }

    /// How many said that there is nothing at all.
    pub(crate) fn empty(&self) -> usize {
        self.said.iter().flatten().filter(|view| view.is_empty()).count() - usize::from(self.is_new())
    }

    /// Whether a newcomer said that it has nothing: what the one before it has is not known then.
    fn is_new(&self) -> bool {
        self.newcomer.and_then(|newcomer| self.of(newcomer)).is_some_and(View::is_empty)
    }

    /// The sharings with their right shares. Shares that do not fit name their vaults, which then count as unheard.
    pub(crate) fn weigh(&self, deployment: &Deployment, name: KeyName) -> Weighed {
        let mut groups: Vec<Group> = Vec::new();
        let mut liars = Vec::new();
        for (index, view) in self.said.iter().enumerate() {
            let vault = VaultNo::at(index);
            let Some(view) = view else { continue };
            for (entry, is_current) in [(&view.current, true), (&view.staged, false)] {
                let Some(entry) = entry else { continue };
                if !is_right(deployment, name, vault, entry) {
                    deployment.name(vault, Misdeed::WrongShare);
                    liars.push(vault);
                    continue;
                }
                let sharing = Sharing { epoch: entry.epoch, tag: entry.piece.tag() };
                let at = match groups.iter().position(|group| group.sharing == sharing) {
                    Some(at) => at,
                    None => {
                        groups.push(Group {
                            sharing,
                            current: Vec::new(),
                            staged: Vec::new(),
                            commitments: entry.piece.commitments.clone(),
                            shares: Vec::new(),
                        });
                        groups.len() - 1
                    }
                };
                let Some(group) = groups.get_mut(at) else { continue };
                if is_current { &mut group.current } else { &mut group.staged }.push(vault);
                if group.shares.iter().all(|share| share.at != vault.0) {
                    group.shares.push(share::Share { at: vault.0, bytes: entry.piece.share.clone() });
                }
            }
        }
        groups.sort_by(|a, b| b.sharing.epoch.cmp(&a.sharing.epoch).then(b.held().cmp(&a.held())));
        liars.dedup();
        let unheard = deployment.roster().n() - self.answered() + liars.len() + usize::from(self.is_new());
        Weighed { groups, unheard }
    }
}

/// Whether a share fits its own commitment, and there is one for each vault.
fn is_right(deployment: &Deployment, name: KeyName, vault: VaultNo, entry: &Entry) -> bool {
    let n = deployment.roster().n();
    let stated = entry.piece.commitments.get(vault.index());
    let made = commitment(deployment, name, entry.epoch, vault, &entry.piece.share);
    n <= limits::VAULTS_MAX
        && entry.piece.commitments.len() == n
        && stated.is_some_and(|stated| ct_eq(&stated.0, &made.0))
}

#[cfg(test)]
mod tests;
