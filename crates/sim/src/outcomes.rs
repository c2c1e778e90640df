//! What the node makes of what its exchanges bring about.

use custody::{
    BootError, Booted, Destroyed, Doomed, Make, Minted, Release, Released, Ticked, Want, mending,
    system_boxes,
};
use domain::authorization::{self, orders};
use domain::repair;
use domain::start::{Started, begin};
use ids::{AuthKeyId, BoxId, UnixTime};
use sealed::Need;
use store::{Door, Store, StoreError, outbox};

use crate::{
    Sabotage,
    acts::End,
    jobs::{Done, Job},
    node::{Node, pace},
    world::{Event, World},
};

impl World {
    pub(crate) fn outcome(&mut self, done: Done) {
        match done {
            Done::Booted(Ok(booted)) => self.booted(booted),
            Done::Booted(Err(BootError::Away | BootError::NoIncarnation | BootError::Unminted)) => {
                self.tell("the start waits for vaults");
                self.boot();
            }
            Done::Booted(Err(BootError::Unusable(Released::Away | Released::StateMissing))) => {
                self.tell("the start waits for vaults");
                self.boot();
            }
            Done::Booted(Err(error)) => self.wrong(&format!("the start failed for good: {error}")),
            Done::Released(want, released) => self.released(want, released),
            Done::Minted(make, minted) => self.minted(make, minted),
            Done::Ticked(of, ticked) => self.ticked(of, &ticked),
            Done::Destroyed(Doomed::Device(key), destroyed) => self.destroyed(key, &destroyed),
            Done::Destroyed(Doomed::Box(_) | Doomed::Day(_), _) => {}
            Done::Reported(kept, commit) => {
                let majority = self.hosts.len() / 2 + 1;
                if kept >= majority {
                    let now = (self.node.served, commit);
                    self.node.reported = self.node.reported.max(now);
                }
                self.tell(&format!("{kept} vaults keep commit {commit}"));
            }
        }
    }

    fn booted(&mut self, booted: Booted) {
        self.counts.starts += 1;
        let Booted { incarnation, reported, is_first } = booted;
        self.tell(&format!("up: incarnation {}, first {is_first}", incarnation.get()));
        let Some(up) = &mut self.node.up else { return };
        let Ok(door) = Door::new(up.ring.clone(), Box::new(up.dice.fork())) else {
            return self.wrong("no door after a start");
        };
        let store = Store::new(self.node.disk.clone(), door);
        up.store = Some(store.clone());
        up.late.extend(mending(up.day).into_iter().filter_map(|make| match make {
            Make::Again(want) => Some(want),
            Make::Root | Make::SystemBox(_) | Make::Blank | Make::Device(_) | Make::Day(_) => None,
        }));
        let started = Started { incarnation: incarnation.get(), reported, found: up.found };
        let own = (self.node.served, up.found);
        let begun = if self.options.sabotage == Some(Sabotage::ForgetRepair) {
            store.load_repairs().and_then(|_| store.note_start(incarnation.get())).map(|_| None)
        } else {
            match begin(&store, started, system_boxes(), self.unix()) {
                Ok(begun) => Ok(Some(begun.is_behind)),
                Err(error) => return self.wrong(&format!("the start cannot serve: {error}")),
            }
        };
        match begun {
            Ok(None) => {}
            Ok(Some(is_behind)) => {
                self.tell(&format!("behind: {is_behind}"));
                let Node { reported, told, .. } = self.node;
                if (own < reported && !is_behind) || (is_behind && own >= told) {
                    self.wrong(&format!("behind: {is_behind}, at {own:?} of {reported:?} reported"));
                }
            }
            Err(error) => return self.wrong(&format!("the start cannot serve: {error}")),
        }
        self.node.served = incarnation.get();
        self.sync(self.node.start);
        let start = self.node.start;
        self.after(500, Event::Reports { start });
        self.after(1_500, Event::Errands { start });
        if self.options.sabotage != Some(Sabotage::ReuseNumbers) {
            self.after(1_000, Event::Tick { start });
        }
        self.sync_soon(false);
    }

    /// Repairs a box whose keys have just come, if it needs it.
    fn repair(&mut self, store: &Store, of: BoxId) -> bool {
        match repair::repair(store, of, self.unix()) {
            Ok(repair) => {
                if repair.dropped > 0 {
                    self.tell(&format!("{} rows of a box were dropped", repair.dropped));
                }
                true
            }
            Err(repair::RepairError::Store(StoreError::NeedKeys)) => false,
            Err(error) => {
                self.wrong(&format!("a repair failed: {error}"));
                false
            }
        }
    }

    fn released(&mut self, want: Want, released: Released) {
        self.tell(&format!("{want:?}: {released:?}"));
        let need = match want {
            Want::Box(of) => Need::Box(of),
            Want::Device(of) => Need::Device(of),
            Want::Root | Want::Day(_) => return,
        };
        let end = match released {
            Released::Installed => End::Here,
            Released::Nothing => End::Gone,
            // A state is missing too when a tick went on while copies of it were on their way.
            Released::Away | Released::StateMissing => End::Later,
            Released::Refused(_) | Released::Store(_) => {
                self.wrong(&format!("a key came and could not be used: {released:?}"));
                End::Later
            }
        };
        if let (Want::Box(_), End::Gone) = (want, end) {
            self.wrong("the keys of a box are gone");
        }
        let is_here = end == End::Here;
        if let Some(up) = self.node.up.as_mut().filter(|_| is_here) {
            // It asked k vaults only; others may lack their shares.
            up.late.insert(want);
        }
        if let (Want::Box(of), true, Some(store)) = (want, is_here, self.node.store()) {
            self.repair(&store, of);
        }
        self.need_ends(need, end);
    }

    fn minted(&mut self, make: Make, minted: Minted) {
        let word = match make {
            Make::Device(key) => format!("device {}", key.0),
            Make::Again(want) => format!("again {want:?}"),
            Make::Blank => "blank".to_owned(),
            Make::Day(day) => format!("day {day}"),
            Make::Root | Make::SystemBox(_) => "system".to_owned(),
        };
        self.tell(&format!("minted {word}: {}", matches!(minted, Minted::Installed { .. })));
        let end = match &minted {
            Minted::Installed { key, late } => {
                if let Some(up) = self.node.up.as_mut().filter(|_| !late.is_empty()) {
                    up.late.insert(*key);
                }
                if let (Make::Blank, Want::Box(of), Some(store)) = (make, *key, self.node.store())
                    && let Err(error) = store.write(|tx| domain::account::note_blank(tx, of)).result
                {
                    self.wrong(&format!("a blank box has no row: {error}"));
                }
                End::Here
            }
            // Nobody lacks a share of it any more.
            Minted::Nothing => End::Here,
            Minted::Away | Minted::Taken => End::Later,
            Minted::Refused(error) => {
                self.wrong(&format!("a key was made and could not be used: {error}"));
                End::Later
            }
        };
        match make {
            Make::Blank => self.need_ends(Need::Blank, end),
            Make::Device(of) => self.need_ends(Need::MintDevice(of), end),
            Make::Day(_) if end == End::Later => {
                if let Some(up) = &mut self.node.up {
                    up.day = 0;
                }
            }
            Make::Again(want) if end == End::Later => {
                if let Some(up) = &mut self.node.up {
                    up.late.insert(want);
                }
            }
            Make::Day(_) | Make::Again(_) | Make::Root | Make::SystemBox(_) => {}
        }
    }

    fn ticked(&mut self, of: BoxId, ticked: &Ticked) {
        let whose = self.owner(of).map_or_else(|| format!("box {}", of.0), |owner| format!("user {owner}"));
        self.tell(&format!("tick of {whose}: {ticked:?}"));
        match ticked {
            Ticked::Done { .. } | Ticked::NotFinal { .. } | Ticked::Waiting | Ticked::Away => {}
            Ticked::TooLarge | Ticked::Gone | Ticked::Unusable | Ticked::Store(_) => {
                self.wrong(&format!("tick of {whose}: {ticked:?}"));
            }
        }
    }

    fn destroyed(&mut self, key: AuthKeyId, destroyed: &Destroyed) {
        if let Some(up) = &mut self.node.up {
            up.destroying.remove(&key);
        }
        let Destroyed { is_final, missing, .. } = destroyed;
        self.tell(&format!("device {} is destroyed, final {is_final}, but at {missing:?}", key.0));
        let Some(store) = self.node.store().filter(|_| destroyed.missing.is_empty()) else { return };
        let ran = store.write(|tx| {
            for (id, row) in outbox::due(tx, UnixTime(i64::MAX), 1_000)? {
                if row.kind == orders::DESTROY_DEVICE_KEY && row.reference == key.0 {
                    outbox::done(tx, id)?;
                }
            }
            Ok::<_, StoreError>(())
        });
        if let Err(error) = ran.result {
            self.wrong(&format!("the outbox: {error}"));
        }
        self.sync_soon(false);
    }

    /// Exchanges for what is needed and not under way.
    pub(crate) fn bring(&mut self, needs: &[Need]) {
        let now_ms = self.now_ms;
        let Some(up) = &mut self.node.up else { return };
        let fresh: Vec<Need> = needs.iter().copied().filter(|need| up.needed.insert(*need)).collect();
        let (mut wants, mut makes) = (Vec::new(), Vec::new());
        for need in fresh {
            match need {
                Need::Box(of) => wants.push(Want::Box(of)),
                Need::Device(of) => wants.push(Want::Device(of)),
                Need::MintDevice(of) => makes.push(Make::Device(of)),
                Need::Blank => makes.push(Make::Blank),
            }
        }
        let (deployment, ring, store) = (up.deployment.clone(), up.ring.clone(), up.store.clone());
        // Somebody else has waited for it, and it came: another one would destroy it.
        let mut there = Vec::new();
        makes.retain(|make| match make {
            Make::Device(of) => {
                let unused = |store: Store| store.read(|tx| authorization::is_unused(tx, *of)).result;
                let is_unused = store.clone().is_none_or(|store| unused(store) == Ok(true));
                there.extend((!is_unused).then_some(Need::MintDevice(*of)));
                is_unused
            }
            Make::Blank | Make::Root | Make::SystemBox(_) | Make::Day(_) | Make::Again(_) => true,
        });
        if !wants.is_empty() {
            let release = Release::new(&deployment, &ring, &wants, pace(), now_ms);
            self.begin(Job::Release(Box::new(release)));
        }
        if !makes.is_empty() {
            let mint = custody::Mint::new(&deployment, &ring, &makes, pace(), now_ms);
            self.begin(Job::Mint(Box::new(mint)));
        }
        for need in there {
            self.need_ends(need, End::Here);
        }
    }
}
