//! What goes wrong, and how it ends: in a calm all vaults are there, the network is good, and what was begun must come to
//! its end.

use custody::VaultNo;

use crate::{
    Sabotage,
    host::Lie,
    jobs::Job,
    model::Model,
    users::Act,
    world::{Event, Saved, Weather, World},
};

/// Images that are kept for the end.
const IMAGES_MAX: usize = 5;

impl World {
    /// The next blow.
    pub(crate) fn storm(&mut self) {
        if self.is_calm {
            return;
        }
        let ms = self.dice.between(800, 7_000);
        self.after(ms, Event::Storm);
        let now_ms = self.now_ms;
        let at = self.dice.index(self.hosts.len());
        let last_ms = now_ms + self.dice.between(1_000, 20_000);
        match self.dice.below(100) {
            0..18 => self.end_process(false),
            18..24 => self.end_process(true),
            24..36 => {
                self.tell(&format!("vault {} loses its power", at + 1));
                if let Some(host) = self.hosts.get_mut(at) {
                    host.crash();
                }
                let ms = self.dice.between(50, 15_000);
                self.after(ms, Event::VaultBack { at: VaultNo::at(at) });
            }
            36..48 => {
                let count = if self.dice.chance(30) { 2 } else { 1 };
                self.tell(&format!("{count} vaults from {} on are out of reach until {last_ms}", at + 1));
                let len = self.hosts.len();
                for more in 0..count {
                    if let Some(host) = self.hosts.get_mut((at + more) % len) {
                        host.away_until_ms = last_ms;
                    }
                }
            }
            48..54 => {
                self.tell(&format!("vault {} is slow until {last_ms}", at + 1));
                self.hosts.iter_mut().skip(at).take(1).for_each(|host| host.slow_until_ms = last_ms);
            }
            54..57 => {
                self.tell(&format!("vault {} flaps until {last_ms}", at + 1));
                self.hosts.iter_mut().skip(at).take(1).for_each(|host| host.flaps_until_ms = last_ms);
            }
            57..60 => {
                // One vault alone, whatever its number: with another liar beside it two of three could agree.
                let at = *self.liar.get_or_insert(VaultNo::at(at));
                self.lie = self.dice.index(Lie::KINDS);
                let lie = Lie::of(self.lie);
                self.tell(&format!("vault {} lies until {last_ms}: {lie:?}", at.0));
                if let Some(host) = self.hosts.get_mut(at.index()) {
                    host.lies = Some((lie, last_ms));
                }
            }
            60..70 => {
                let (lost, twice, late) = (self.dice.below(20), self.dice.below(20), self.dice.below(15));
                self.tell(&format!("weather: {lost} lost, {twice} twice, {late} late"));
                self.weather = Weather { lost, twice, late };
            }
            70..78 => {
                let off_s = self.dice.below(60 * 3600).cast_signed() - 30 * 3600;
                self.tell(&format!("the wall clock is wrong by {off_s} s"));
                self.clock_off_s = off_s;
            }
            78..86 => self.forget_keys(),
            86..94 => self.save_image(),
            _ => self.put_back(),
        }
    }

    fn end_process(&mut self, in_order: bool) {
        if self.node.up.is_some() {
            self.stop_node(in_order);
        }
    }

    /// All keys that nobody holds leave memory, as after a quarter of an hour.
    fn forget_keys(&mut self) {
        // A far time that only grows: what counts is the time since the last call.
        let far_ms = self.now_ms.saturating_mul(10_000);
        if let Some(up) = &self.node.up {
            up.ring.evict(far_ms);
            let evicted = up.ring.evict(far_ms + 2_000_000);
            self.tell(&format!("{} boxes and {} devices leave memory", evicted.boxes, evicted.devices));
        }
    }

    fn save_image(&mut self) {
        if self.images.len() >= IMAGES_MAX || self.users.iter().any(|user| user.id.is_none()) {
            return;
        }
        let image = self.node.disk.image(&mut self.dice);
        // Who signed up after the last sync is not in it for sure; who was told so is.
        self.tell(&format!("the folder is copied, at commit {}", image.commit.0));
        let vaults = self.hosts.iter().map(|host| host.disk.files()).collect();
        let served = self.node.served;
        self.images.push(Saved { image, served, model: self.model.clone(), vaults });
    }

    /// An earlier copy of the folder takes its place: only one that is older than what was reported, since a younger one
    /// is not found to be old.
    fn put_back(&mut self) {
        let reported = self.node.reported;
        let Some(saved) =
            self.images.iter().rev().find(|saved| (saved.served, saved.image.commit.0) < reported)
        else {
            return;
        };
        let (image, served, then): (_, _, Model) = (saved.image.clone(), saved.served, saved.model.clone());
        if self.options.sabotage == Some(Sabotage::ReuseNumbers) {
            return;
        }
        self.end_process(true);
        self.node.disk.put_back(&image);
        self.node.served = served;
        self.model.roll_back(&then);
        self.counts.put_back += 1;
        self.tell(&format!("a copy of the folder is put back, at commit {}", image.commit.0));
    }

    pub(crate) fn vault_back(&mut self, at: VaultNo) {
        let opened = self.hosts.get_mut(at.index()).is_none_or(crate::host::Host::open_if_closed);
        if !opened {
            return self.wrong(&format!("vault {} does not open any more", at.0));
        }
        self.tell(&format!("vault {} is back", at.0));
    }

    /// Everything is well again, and everybody looks at what he has.
    pub(crate) fn calm_down(&mut self) {
        self.is_calm = true;
        self.tell("calm");
        self.forget_keys();
        self.weather = Weather { lost: 0, twice: 0, late: 0 };
        for at in 0..self.hosts.len() {
            if let Some(host) = self.hosts.get_mut(at) {
                (host.away_until_ms, host.slow_until_ms, host.flaps_until_ms) = (0, 0, 0);
                host.lies = None;
            }
            self.vault_back(VaultNo::at(at));
        }
        let people = self.users.len();
        for index in 0..people {
            let Some(user) = self.users.get_mut(index) else { continue };
            user.left = 0;
            for with in 0..people {
                user.queue.push_back(Act::Look { with });
            }
            self.after(100, Event::User { index });
        }
    }

    /// Whether all that was begun has come to its end.
    pub(crate) fn is_settled(&self) -> bool {
        self.unsettled().is_empty()
    }

    /// What has not.
    pub(crate) fn unsettled(&self) -> &'static str {
        let is_idle =
            self.users.iter().all(|user| user.acting.is_none() && user.queue.is_empty() && !user.is_asking);
        if !is_idle {
            return "somebody waits";
        }
        let Some(up) = &self.node.up else { return "the node is down" };
        let Some(store) = &up.store else { return "the node is sealed" };
        let is_at_work = up.jobs.values().any(|running| !matches!(running.job, Job::Report(..)));
        if is_at_work || !up.held.is_empty() || self.node.disk.has_unsynced() {
            return "an exchange, or a sync";
        }
        if self.model.waiting() > 0 {
            return "deletions are not final";
        }
        if !up.late.is_empty() || store.dirty(1).map_or(true, |dirty| !dirty.is_empty()) {
            return "vaults have not heard of all";
        }
        ""
    }
}
