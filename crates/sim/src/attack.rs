//! The end of a run: everything is looked at once more, also by somebody who has every image of the node's folder, the
//! local part, and the vaults as they are now (P33, P34).
//!
//! He does what a node does: comes up with keys that the vaults release to him now. What he lacks of a box's state in an
//! image he takes from the newest folder. Invariant: he opens nothing whose shredding is final, and everything that is
//! still somebody's with the newest folder, or he would be no test of the first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use custody::{Boot, Deployment, KeyName, Machine, Release, Settled, Start, StateRows, VaultNo, Want};
use ids::BoxId;
use sealed::{
    AtRest, BoxKeys, Header, Keyring, LeafError, NumberRange, OpenError, OwnerTag, PageId, RowKey, RowNames,
    table,
};
use store::{Commit, StoreError, View as _};

use crate::{
    Sabotage,
    dice::Dice,
    host::Host,
    model::word,
    node::pace,
    node_disk::Image,
    vault_disk::{Files, VaultDisk},
    world::World,
};

/// Somebody with copies of everything.
struct Attacker {
    deployment: Deployment,
    ring: Keyring,
    hosts: Vec<Host>,
    rows: Copies,
    dice: Dice,
    now_ms: u64,
}

/// Two folders: what the one lacks of a state, the other may have.
struct Copies {
    images: [Image; 2],
    ring: Keyring,
    fetched: BTreeMap<RowKey, AtRest>,
}

impl World {
    /// All that must hold at the end.
    pub(crate) fn last_look(&mut self) {
        let shared = self.node.disk.shared_numbers();
        if shared > 0 {
            self.wrong(&format!("{shared} record numbers belong to two rows each"));
        }
        self.one_epoch_each();
        let newest = self.node.disk.live();
        let images: Vec<(Image, Option<Vec<Files>>)> = self
            .images
            .iter()
            .map(|saved| {
                let keeps = self.options.sabotage == Some(Sabotage::KeepKeys);
                (saved.image.clone(), keeps.then(|| saved.vaults.clone()))
            })
            .chain([(newest, None)])
            .collect();
        let last = images.len() - 1;
        for (index, (image, vaults)) in images.into_iter().enumerate() {
            self.attack(&image, vaults, index == last);
        }
    }

    /// R13 in the small: all vaults are at one epoch of a box; and of every key in use each of them has a share, also those
    /// that were away when it was made.
    fn one_epoch_each(&mut self) {
        let Some((deployment, store)) = self.node.deployment().zip(self.node.store()) else { return };
        let boxes = self.boxes().into_iter();
        let mut names: Vec<KeyName> = boxes.flat_map(|of| [KeyName::X(of), KeyName::C(of)]).collect();
        let claimed = |key| store.read(|tx| tx.is_claimed(key)).result == Ok(true);
        names.extend(self.users.iter().map(|user| user.key).filter(|key| claimed(*key)).map(KeyName::Device));
        for name in names {
            let mut found = BTreeSet::new();
            for (index, host) in self.hosts.iter_mut().enumerate() {
                let current = host.current(&deployment, name, VaultNo::at(index));
                found.insert(current.map(|(epoch, tag)| (epoch, tag.0)));
            }
            if found.len() != 1 || found.contains(&None) {
                let what = match name {
                    KeyName::Deployment | KeyName::Root | KeyName::Day(_) => "a key of the system".to_owned(),
                    KeyName::C(of) => format!("the C of box {}", of.0),
                    KeyName::X(of) => format!("box {}", of.0),
                    KeyName::Device(of) => format!("device {}", of.0),
                };
                self.wrong(&format!("the vaults have {} shares of {what}, or none", found.len()));
            }
        }
    }

    fn attack(&mut self, image: &Image, vaults: Option<Vec<Files>>, is_newest: bool) {
        let files = vaults.unwrap_or_else(|| self.hosts.iter().map(|host| host.disk.files()).collect());
        let Some(mut attacker) = self.attacker(image, files) else {
            return self.wrong("nobody can come up with what is there");
        };
        if !attacker.come_up(self.today()) {
            return self.wrong("nobody can come up with what is there");
        }
        let owners: Vec<(usize, BoxId)> = self
            .users
            .iter()
            .enumerate()
            .filter_map(|(index, user)| Some((index, user.id?.into())))
            .collect();
        for (owner, of) in owners {
            let texts = attacker.texts(of);
            self.counts.opened += texts.len() as u64;
            self.tell(&format!(
                "with the folder of commit {} {} messages of user {owner} open",
                image.commit.0,
                texts.len()
            ));
            for text in texts.iter().filter(|text| self.model.is_final(owner, text)) {
                let what = format!("{} of user {owner} was shredded, and opens", word(text));
                self.story.wrong(self.now_ms, &what);
            }
            let lost =
                self.model.demanded(owner).filter(|(.., text)| is_newest && !texts.contains(text)).count();
            if lost > 0 {
                self.wrong(&format!("{lost} messages of user {owner} do not open with the newest folder"));
            }
        }
    }

    fn attacker(&mut self, image: &Image, files: Vec<Files>) -> Option<Attacker> {
        let deployment = self.node.new_deployment()?;
        let ring = Keyring::new(512);
        let mut dice = self.dice.fork();
        let hosts = files.into_iter().map(|files| Host::on(VaultDisk::holding(files), dice.fork())).collect();
        let images = [image.clone(), self.node.disk.live()];
        let rows = Copies { images, ring: ring.clone(), fetched: BTreeMap::new() };
        Some(Attacker { deployment, ring, hosts, rows, dice, now_ms: 0 })
    }
}

impl Attacker {
    fn come_up(&mut self, day: u32) -> bool {
        let start = Start { is_first: false, day };
        let mut boot = Boot::new(&self.deployment, &self.ring, start, pace(), self.now_ms);
        matches!(self.drive(&mut boot).pop(), Some(Ok(_)))
    }

    /// An exchange with vaults that are there, from its begin to its end.
    fn drive<M: Machine>(&mut self, machine: &mut M) -> Vec<M::Outcome> {
        let mut outcomes = Vec::new();
        for _ in 0..10_000 {
            let mut world = custody::World { rows: &mut self.rows, rng: &mut self.dice, now_ms: self.now_ms };
            let transmit = machine.poll_transmit(&mut world);
            outcomes.extend(std::iter::from_fn(|| machine.poll_outcome()));
            if machine.is_done() {
                break;
            }
            match transmit {
                Some(transmit) => {
                    let host = self.hosts.get_mut(transmit.to.index());
                    let answer = host.and_then(|host| host.exchange(&transmit.request));
                    let answer = answer.as_deref().ok_or(custody::Away);
                    machine.handle_answer(transmit.to, answer, self.now_ms);
                }
                None => {
                    self.now_ms = self.now_ms.max(machine.poll_timeout().unwrap_or_default()) + 1;
                    machine.handle_timeout(self.now_ms);
                }
            }
        }
        outcomes
    }

    /// The texts of all messages of a box that can be opened.
    fn texts(&mut self, of: BoxId) -> Vec<String> {
        let mut release = Release::new(&self.deployment, &self.ring, &[Want::Box(of)], pace(), self.now_ms);
        self.drive(&mut release);
        let (Ok(keys), [image, _]) = (self.ring.warm(of), &self.rows.images) else { return Vec::new() };
        let prefix = keys.names().prefix();
        let rows = Arc::clone(&image.rows);
        let mut texts = Vec::new();
        for (key, value) in rows.range(prefix.to_vec()..).take_while(|(key, _)| key.starts_with(&prefix)) {
            let (key, at_rest) = (RowKey::read_back(key.clone()), AtRest::read_back(value.clone()));
            if matches!(Header::of(&at_rest), Some(Header::Record(_)))
                && let Some(plain) = self.open(&keys, &key, &at_rest)
            {
                texts.extend(text_in(&plain));
            }
        }
        texts
    }

    fn open(&self, keys: &BoxKeys, key: &RowKey, at_rest: &AtRest) -> Option<Vec<u8>> {
        for _ in 0..4 {
            match keys.open(key, at_rest) {
                Ok(plain) => return Some(plain.expose().to_vec()),
                Err(OpenError::Leaf(LeafError::PageMissing(page))) => {
                    let row = keys.names().row(table::PAGE, &page.to_bytes());
                    let found = self.rows.all(&row);
                    if !found.iter().any(|at_rest| keys.open_page(page, at_rest).is_ok()) {
                        return None;
                    }
                }
                Err(_) => return None,
            }
        }
        None
    }
}

/// The text of a message in the plaintext of its row.
fn text_in(plain: &[u8]) -> Option<String> {
    // m, the writer, -, sixteen digits, a blank, a filler of x.
    let is_word = |part: &[u8]| {
        part.first() == Some(&b'm') && part.get(2) == Some(&b'-') && part.get(19) == Some(&b' ')
    };
    let at = (0..plain.len()).find(|&at| plain.get(at..).is_some_and(is_word))?;
    let rest = plain.get(at..)?;
    let filler = rest.iter().skip(20).take_while(|byte| **byte == b'x').count();
    String::from_utf8(rest.get(..20 + filler)?.to_vec()).ok()
}

impl Copies {
    /// All that is known of a row.
    fn all(&self, key: &RowKey) -> Vec<AtRest> {
        let there = self.images.iter().filter_map(|image| image.get(key).ok().flatten());
        there.chain(self.fetched.get(key).cloned()).collect()
    }

    fn names(&self) -> Result<RowNames, StoreError> {
        self.ring.names().map_err(|_| StoreError::Sealed)
    }
}

impl StateRows for Copies {
    fn newest(&mut self) -> Result<Commit, StoreError> {
        Ok(Commit(0))
    }

    fn pending(&mut self, _of: BoxId, _limit: usize) -> Result<Vec<NumberRange>, StoreError> {
        Ok(Vec::new())
    }

    fn sheet(&mut self, of: BoxId, epoch: u32) -> Result<Option<AtRest>, StoreError> {
        let key = self.names()?.owner(OwnerTag::of_box(of)).row(table::SHEET, &epoch.to_be_bytes());
        Ok(self.all(&key).pop())
    }

    fn page(&mut self, of: BoxId, page: PageId) -> Result<Option<AtRest>, StoreError> {
        let key = self.names()?.owner(OwnerTag::of_box(of)).row(table::PAGE, &page.to_bytes());
        Ok(self.all(&key).pop())
    }

    fn write_state(
        &mut self,
        of: BoxId,
        epoch: u32,
        sheet: &AtRest,
        pages: &[(PageId, AtRest)],
    ) -> Result<Commit, StoreError> {
        let names = self.names()?.owner(OwnerTag::of_box(of));
        self.fetched.insert(names.row(table::SHEET, &epoch.to_be_bytes()), sheet.clone());
        for (page, at_rest) in pages {
            self.fetched.insert(names.row(table::PAGE, &page.to_bytes()), at_rest.clone());
        }
        Ok(Commit(0))
    }

    fn settle(&mut self, _of: BoxId, _settled: &Settled) -> Result<Commit, StoreError> {
        Ok(Commit(0))
    }
}
