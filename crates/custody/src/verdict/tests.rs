//! Every state that two attempts at a tick can leave the vaults in, seen through every set of vaults that answer (R13).

use crypto::{Rng, sign::SigningKey, testing::Seeded};
use ids::BoxId;
use sealed::Secret;

use super::{Verdict, is_nothing, judge, usable};
use crate::{
    Deployment, KeyName, Member, Roster, VaultNo,
    shared::{Fresh, Sharing, View, Views, draw},
    wire::{Entry, Piece},
};

const NAME: KeyName = KeyName::X(BoxId(1 << 33));

/// What a vault can be left with: epoch 4; that and the stage of the first attempt at 5, or of the second; the second
/// attempt committed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Before,
    First,
    Second,
    Committed,
}

struct World {
    deployment: Deployment,
    before: Vec<Piece>,
    first: Vec<Piece>,
    second: Vec<Piece>,
}

impl World {
    fn new(n: u8, k: u8) -> World {
        let member = |vault: u8| Member {
            key: SigningKey::from_seed(&[vault; 32]).verifying(),
            place: "here".to_owned(),
            jurisdiction: format!("land-{vault}"),
        };
        let roster = Roster::new(k, (1..=n).map(member).collect()).unwrap();
        let deployment = Deployment::new(roster, &Secret::new([1; 32]));
        let mut rng = Seeded::new(1);
        let mut pieces = |epoch| -> Vec<Piece> {
            let Fresh { pieces, .. } = draw(&deployment, NAME, epoch, &mut rng);
            pieces
        };
        let (before, first, second) = (pieces(4), pieces(5), pieces(5));
        World { deployment, before, first, second }
    }

    fn views(&self, states: &[At], heard: u32) -> Views {
        let mut views = Views::none(&self.deployment);
        for (index, state) in states.iter().enumerate().filter(|(index, _)| heard >> index & 1 == 1) {
            let entry = |epoch, pieces: &[Piece]| Some(Entry { epoch, piece: pieces[index].clone() });
            let (current, staged) = match state {
                At::Before => (entry(4, &self.before), None),
                At::First => (entry(4, &self.before), entry(5, &self.first)),
                At::Second => (entry(4, &self.before), entry(5, &self.second)),
                At::Committed => (entry(5, &self.second), None),
            };
            views.heard(VaultNo::at(index), View { current, staged });
        }
        views
    }

    fn sharing(&self, epoch: u32, pieces: &[Piece]) -> Sharing {
        Sharing { epoch, tag: pieces[0].tag() }
    }

    fn check(&self, states: &[At], heard: u32) {
        let roster = self.deployment.roster();
        let (n, k, w, d) = (roster.n(), roster.k(), roster.w(), roster.d());
        let count = |at: At| states.iter().filter(|state| **state == at).count();
        let committed = count(At::Committed);
        let staged = count(At::Second) + committed;
        // What cannot come to be: a commit without W stages; a first attempt that was given up though W had it.
        if (committed > 0 && staged < w) || count(At::First) >= w {
            return;
        }
        let views = self.views(states, heard);
        let second = self.sharing(5, &self.second);
        let before = self.sharing(4, &self.before);
        let may_be_committed = staged >= w;
        let is_all = heard.count_ones() as usize == n;
        match judge(&self.deployment, NAME, &views) {
            Verdict::Settled(at) if at.sharing == before => {
                assert!(!may_be_committed, "a commit is overlooked");
                assert!(!is_all || count(At::First) + count(At::Second) == 0, "a stage is overlooked");
            }
            Verdict::Settled(at) => {
                assert!(at.sharing == second && committed >= d.max(k));
                assert!(at.key(&self.deployment, NAME).is_some());
            }
            Verdict::Forward { to } => {
                assert!(to.key(&self.deployment, NAME).is_some(), "forward to where nothing opens");
                assert!(!may_be_committed || to.sharing == second, "forward past a commit");
            }
            Verdict::Back { at, .. } => {
                assert!(at.sharing == before && !may_be_committed, "a commit is taken back");
            }
            Verdict::Nothing => panic!("there is something"),
            Verdict::Unclear => assert!(!is_all, "everything is known, and nothing is clear"),
        }
        assert!(!is_nothing(&self.deployment, NAME, &views));
        let usable = usable(&self.deployment, NAME, &views);
        // With D commits the store may have forgotten epoch 4.
        if let Some(usable) = &usable {
            assert!(usable.key(&self.deployment, NAME).is_some());
            assert!(committed < d || usable.sharing == second, "an epoch that is gone");
        }
        assert!(!is_all || usable.is_some(), "all vaults are there, and nothing opens");
    }
}

#[test]
fn r13_no_answer_of_any_vaults_misleads() {
    let kinds = [At::Before, At::First, At::Second, At::Committed];
    for (n, k) in [(3, 2), (4, 2), (4, 3), (5, 3), (5, 2)] {
        let world = World::new(n, k);
        for code in 0..4_u32.pow(u32::from(n)) {
            let states: Vec<At> =
                (0..u32::from(n)).map(|vault| kinds[(code >> (2 * vault) & 3) as usize]).collect();
            for heard in 0..1 << n {
                world.check(&states, heard);
            }
        }
    }
    // Larger ones by chance, one with room for two sets of W vaults beside each other.
    for (n, k) in [(7, 2), (9, 3), (15, 14)] {
        let world = World::new(n, k);
        let mut rng = Seeded::new(u64::from(n));
        for _ in 0..4_000 {
            let weights = [rng.below(4), rng.below(4), rng.below(4), rng.below(4)];
            let sum: u64 = weights.iter().sum();
            let mut pick = || {
                let mut dice = rng.below(sum.max(1));
                kinds.into_iter().zip(weights).find(|(_, weight)| {
                    let is_it = dice < *weight;
                    dice = dice.saturating_sub(*weight);
                    is_it
                })
            };
            let states: Vec<At> = (0..n).map(|_| pick().map_or(At::Before, |(kind, _)| kind)).collect();
            let heard = rng.u64() as u32 | rng.u64() as u32;
            world.check(&states, heard & ((1 << n) - 1));
        }
    }
}
