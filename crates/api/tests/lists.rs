//! What a user's devices make of his lists: random acts on drafts, pins, the archive, marks, folders and notification settings, and
//! a client that follows each, one that mostly sleeps and asks for the difference in small slices, and one that starts anew. All
//! end with the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::world::{Person, World, text_message};

/// What a client keeps of the lists.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
struct Lists {
    drafts: BTreeMap<i64, String>,
    pinned: [Vec<i64>; 2],
    archived: BTreeSet<i64>,
    marked: BTreeSet<i64>,
    muted: BTreeMap<i64, i32>,
    filters: BTreeMap<i32, String>,
    order: Vec<i32>,
}

/// A client, and how far it was told.
#[derive(Clone, Default)]
struct Client {
    pts: i32,
    lists: Lists,
}

#[track_caller]
fn user(peer: &tl::Peer) -> i64 {
    match peer {
        tl::Peer::PeerUser { user_id } => *user_id,
        _ => panic!("not a user"),
    }
}

#[track_caller]
fn of_dialog(peer: &tl::DialogPeer) -> i64 {
    match peer {
        tl::DialogPeer::DialogPeer { peer } => user(peer),
        _ => panic!("not a user"),
    }
}

fn title(filter: &tl::DialogFilter) -> Option<(i32, String)> {
    let tl::DialogFilter::DialogFilter(filter) = filter else { return None };
    let tl::TextWithEntities::TextWithEntities(title) = &filter.title;
    Some((filter.id, title.text.clone()))
}

fn folder(id: Option<i32>) -> usize {
    usize::try_from(id.unwrap_or(0)).unwrap()
}

impl Lists {
    fn apply(&mut self, update: &tl::Update) {
        match update {
            tl::Update::UpdateDraftMessage(update) => self.draft(user(&update.peer), &update.draft),
            tl::Update::UpdatePinnedDialogs { folder_id, order } => {
                self.pinned[folder(*folder_id)] = order.iter().flatten().map(of_dialog).collect();
            }
            tl::Update::UpdateDialogPinned { pinned, folder_id, peer } => {
                assert!(!pinned, "told by the order");
                self.pinned[folder(*folder_id)].retain(|with| *with != of_dialog(peer));
            }
            tl::Update::UpdateDialogUnreadMark(update) => {
                let with = of_dialog(&update.peer);
                if update.unread {
                    self.marked.insert(with)
                } else {
                    self.marked.remove(&with)
                };
            }
            tl::Update::UpdateFolderPeers { folder_peers, .. } => folder_peers.iter().for_each(|moved| {
                let tl::FolderPeer::FolderPeer { peer, folder_id } = moved;
                let with = user(peer);
                self.pinned.iter_mut().for_each(|pinned| pinned.retain(|other| *other != with));
                if *folder_id == 1 {
                    self.archived.insert(with)
                } else {
                    self.archived.remove(&with)
                };
            }),
            tl::Update::UpdateDialogFilter(update) => match update.filter.as_ref().and_then(title) {
                Some((id, title)) => {
                    if self.filters.insert(id, title).is_none() && !self.order.contains(&id) {
                        self.order.push(id);
                    }
                }
                None => {
                    self.filters.remove(&update.id);
                    self.order.retain(|other| *other != update.id);
                }
            },
            tl::Update::UpdateDialogFilterOrder { order } => self.order = order.clone(),
            tl::Update::UpdateNotifySettings(update) => {
                let tl::NotifyPeer::NotifyPeer { peer } = &update.peer else { panic!("not a peer") };
                self.mute(user(peer), &update.notify_settings);
            }
            _ => {}
        }
    }

    fn draft(&mut self, with: i64, draft: &tl::DraftMessage) {
        match draft {
            tl::DraftMessage::DraftMessage(draft) => self.drafts.insert(with, draft.message.clone()),
            tl::DraftMessage::DraftMessageEmpty { .. } => self.drafts.remove(&with),
        };
    }

    fn mute(&mut self, with: i64, settings: &tl::PeerNotifySettings) {
        let tl::PeerNotifySettings::PeerNotifySettings(settings) = settings;
        match settings.mute_until {
            Some(until) => self.muted.insert(with, until),
            None => self.muted.remove(&with),
        };
    }

    /// As a client reads it that starts anew.
    fn anew(world: &mut World, of: Person) -> Self {
        let mut lists = Self::default();
        let drafts = world.ok(of.device, &tl::messages::GetAllDrafts {});
        crate::world::updates(drafts).iter().for_each(|update| lists.apply(update));
        for folder_id in 0..2 {
            let tl::messages::PeerDialogs::PeerDialogs(pinned) =
                world.ok(of.device, &tl::messages::GetPinnedDialogs { folder_id });
            let peers = pinned.dialogs.iter().filter_map(|dialog| match dialog {
                tl::Dialog::Dialog(dialog) => Some(user(&dialog.peer)),
                _ => None,
            });
            lists.pinned[folder(Some(folder_id))] = peers.collect();
        }
        let ask = tl::messages::GetDialogs { limit: 100, ..Default::default() };
        let tl::messages::Dialogs::Dialogs(all) = world.ok(of.device, &ask) else { panic!("a slice") };
        for dialog in &all.dialogs {
            let tl::Dialog::Dialog(dialog) = dialog else { panic!("not a dialog") };
            let with = user(&dialog.peer);
            assert_eq!(dialog.pinned, lists.pinned[folder(dialog.folder_id)].contains(&with));
            assert_eq!(dialog.draft.is_some(), lists.drafts.contains_key(&with));
            if dialog.unread_mark {
                lists.marked.insert(with);
            }
            if dialog.folder_id == Some(1) {
                lists.archived.insert(with);
            }
            lists.mute(with, &dialog.notify_settings);
        }
        let tl::messages::DialogFilters::DialogFilters { filters, .. } =
            world.ok(of.device, &tl::messages::GetDialogFilters {});
        lists.filters = filters.iter().filter_map(title).collect();
        lists.order = filters.iter().filter_map(title).map(|(id, _)| id).collect();
        lists
    }
}

impl Client {
    /// updates.getDifference, slice by slice.
    fn catch_up(&mut self, world: &mut World, of: Person, limit: i32) {
        loop {
            let method =
                tl::updates::GetDifference { pts: self.pts, pts_limit: Some(limit), ..Default::default() };
            let (updates, state, is_last) = match world.ok(of.device, &method) {
                tl::updates::Difference::Difference(answer) => (answer.other_updates, answer.state, true),
                tl::updates::Difference::DifferenceSlice(answer) => {
                    (answer.other_updates, answer.intermediate_state, false)
                }
                _ => return,
            };
            updates.iter().for_each(|update| self.lists.apply(update));
            let tl::updates::State::State { pts, .. } = state;
            self.pts = pts;
            if is_last {
                return;
            }
        }
    }
}

/// Numbers that a seed repeats.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
}

/// One act of Anna, or of somebody who writes to her; some are refused, and change nothing then.
fn act(world: &mut World, all: &[Person], draw: &mut Draw, step: i64) {
    let (anna, with) = (all[0], all[draw.below(all.len())]);
    let (peer, yes) = (world.peer(anna, with), draw.below(2) == 1);
    let dialog = || tl::InputDialogPeer::InputDialogPeer { peer: peer.clone() };
    let id = 2 + i32::try_from(draw.below(3)).unwrap();
    match draw.below(11) {
        0 => {
            let message = if yes { format!("draft {step}") } else { String::new() };
            drop(world.call(anna.device, &tl::messages::SaveDraft { peer, message, ..Default::default() }));
        }
        1 => {
            let sent = tl::messages::SendMessage { clear_draft: yes, ..text_message(peer, "text", step) };
            drop(world.call(anna.device, &sent));
        }
        2 => drop(world.call(anna.device, &tl::messages::ToggleDialogPin { pinned: yes, peer: dialog() })),
        3 => {
            let folder_id = i32::try_from(draw.below(2)).unwrap();
            let mut order = vec![dialog()];
            let other = world.peer(anna, all[draw.below(all.len())]);
            order.push(tl::InputDialogPeer::InputDialogPeer { peer: other });
            let method = tl::messages::ReorderPinnedDialogs { force: yes, folder_id, order };
            drop(world.call(anna.device, &method));
        }
        4 => {
            let folder_peers = vec![tl::InputFolderPeer::InputFolderPeer { peer, folder_id: yes.into() }];
            drop(world.call(anna.device, &tl::folders::EditPeerFolders { folder_peers }));
        }
        5 => {
            let mark = tl::messages::MarkDialogUnread { unread: yes, parent_peer: None, peer: dialog() };
            drop(world.call(anna.device, &mark));
        }
        6 => drop(world.call(anna.device, &tl::messages::ReadHistory { peer, max_id: 0 })),
        7 => {
            let title = tl::fields::TextWithEntities { text: format!("f {step}"), entities: Vec::new() };
            let filter =
                tl::fields::DialogFilter { title: title.into(), contacts: true, ..Default::default() };
            let filter = yes.then(|| filter.into());
            drop(world.call(anna.device, &tl::messages::UpdateDialogFilter { id, filter }));
        }
        8 => drop(world.call(anna.device, &tl::messages::UpdateDialogFiltersOrder { order: vec![0, id] })),
        9 => {
            let mute_until = yes.then_some(i32::MAX);
            let settings = tl::fields::InputPeerNotifySettings { mute_until, ..Default::default() };
            let peer = tl::InputNotifyPeer::InputNotifyPeer { peer };
            let method = tl::account::UpdateNotifySettings { peer, settings: settings.into() };
            drop(world.call(anna.device, &method));
        }
        _ => {
            let to_her = text_message(world.peer(with, anna), "text", -step);
            drop(world.call(with.device, &to_her));
        }
    }
}

#[test]
fn whoever_follows_sleeps_or_starts_anew_has_the_same_lists() {
    for seed in 0..24 {
        let mut world = World::new();
        let all = ["9996600001", "9996600002", "9996600003", "9996600004"]
            .map(|phone| world.person(phone, "Somebody"));
        let anna = all[0];
        for with in all {
            world.send(anna, with, "hello", with.id.0);
        }
        let mut draw = Draw(seed);
        let mut live = Client { pts: 1, ..Client::default() };
        let mut asleep = live.clone();
        for step in 1..60 {
            act(&mut world, &all, &mut draw, step);
            live.catch_up(&mut world, anna, 100);
            if draw.below(20) == 0 {
                asleep.catch_up(&mut world, anna, 3);
            }
        }
        asleep.catch_up(&mut world, anna, 2);
        let mut late = Client { pts: 1, ..Client::default() };
        late.catch_up(&mut world, anna, 100);
        let server = Lists::anew(&mut world, anna);
        for (who, client) in [("live", &mut live), ("asleep", &mut asleep), ("late", &mut late)] {
            client.lists.order.retain(|id| *id != 0);
            assert_eq!(client.lists, server, "{who} differs, seed {seed}");
        }
    }
}
