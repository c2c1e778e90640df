//! `Update`: one event of a box, in the state of now: an event refers to what changed and holds nothing of it.
//!
//! An update that carries `pts` moves the counter of a client by itself. All others, and those whose message is gone by now,
//! are told together with one that has no effect but that ([`step`]): a client never sees a hole.
//! Source: <https://core.telegram.org/api/updates>.

use domain::dialog::{self, ARCHIVE};
use domain::draft;
use domain::message::{Message, saved_pins};
use domain::privacy::{self, Rule};
use domain::profile::{self, Profile};
use domain::update::{Entry, Event};
use domain::{AccessHashes, Authed, Peer, block, filter, notify};
use ids::{Pts, UnixTime, UserId};
use store::{StoreError, Tx};
use tl::fields;

use crate::draft::draft_update;
use crate::filter::dialog_filter;
use crate::message::message;
use crate::message_reactions::update_reactions;
use crate::notify::notify_update;
use crate::peer::{dialog_peer, peer};
use crate::poll::update_poll;
use crate::privacy_rule::privacy_rules;
use crate::updates::updates;
use crate::user::user;
use crate::{Mentioned, Sight};

/// Events as a client is told of them.
#[derive(Default)]
pub struct News {
    /// The updates, in order.
    pub updates: Vec<tl::Update>,
    /// Who is named in them.
    pub mentioned: Mentioned,
}

/// Whether a telling is to move the client's counter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counting {
    /// It is pushed: each event moves the counter by its own count.
    Steps,
    /// It is part of an answer that says itself where the client stands.
    InAnswer,
}

/// Tells events, each with its message as it is now, to the owner of the box.
///
/// # Errors
/// When the store fails or keys are needed.
pub fn news(
    tx: &Tx<'_>,
    hashes: &AccessHashes,
    by: Authed,
    entries: &[(Entry, Option<Message>)],
    counting: Counting,
) -> Result<News, StoreError> {
    let mut news = News::default();
    // Neighbours without an effect of their own are told as one step.
    let mut silent: Option<(Pts, i32)> = None;
    for (entry, of) in entries {
        if let (Event::Reactions { .. }, Some(of)) = (&entry.event, of) {
            // The edit carries the counter: an update without one would be lost on a client that has yet to process the
            // message, and the message would then come without its reactions.
            news.updates.push(update_reactions(of));
        }
        let mut told = update(tx, hashes, by, (entry, of.as_ref()), &mut news.mentioned)?;
        if let (Counting::InAnswer, Some(tl::Update::UpdateFolderPeers { pts_count, .. })) =
            (counting, &mut told)
        {
            // The one kind that counts nothing inside a difference: clients take a count there for a mistake.
            *pts_count = 0;
        }
        let is_step = told.as_ref().is_some_and(carries_pts);
        if let Some((pts, count)) = silent.take_if(|_| is_step) {
            news.updates.push(step(pts, count));
        }
        if told.is_some() {
            entry.event.peers().iter().for_each(|peer| news.mentioned.add_peer(*peer));
            of.iter().for_each(|message| news.mentioned.add_message(message));
            if let Event::User { user } = entry.event {
                news.mentioned.add(user);
            }
        }
        news.updates.extend(told);
        if !is_step && counting == Counting::Steps {
            let before = silent.map_or(0, |(_, count)| count);
            silent = Some((entry.pts, before.saturating_add(entry.pts_count)));
        }
    }
    news.updates.extend(silent.map(|(pts, count)| step(pts, count)));
    Ok(news)
}

/// An update that moves the counter of a client and does nothing else: no dialog changes its folder.
pub fn step(pts: Pts, pts_count: i32) -> tl::Update {
    tl::Update::UpdateFolderPeers { folder_peers: Vec::new(), pts: pts.0, pts_count }
}

/// The timer of a dialog as it is now.
pub fn peer_history_ttl(with: Peer, period_s: u32) -> tl::Update {
    let ttl_period = (period_s > 0).then(|| i32::try_from(period_s).unwrap_or(i32::MAX));
    tl::Update::UpdatePeerHistoryTTL { peer: peer(with), ttl_period }
}

fn carries_pts(update: &tl::Update) -> bool {
    matches!(
        update,
        tl::Update::UpdateNewMessage(_)
            | tl::Update::UpdateEditMessage(_)
            | tl::Update::UpdateDeleteMessages { .. }
            | tl::Update::UpdateReadHistoryInbox(_)
            | tl::Update::UpdateReadHistoryOutbox { .. }
            | tl::Update::UpdatePinnedMessages(_)
            | tl::Update::UpdateFolderPeers { .. }
    )
}

/// One event, with the message it is about as it is now; whom it names besides is added to those mentioned. `None` when there
/// is nothing to tell (any more).
fn update(
    tx: &Tx<'_>,
    hashes: &AccessHashes,
    by: Authed,
    (entry, of): (&Entry, Option<&Message>),
    mentioned: &mut Mentioned,
) -> Result<Option<tl::Update>, StoreError> {
    let (pts, pts_count) = (entry.pts.0, entry.pts_count);
    Ok(match &entry.event {
        Event::NewMessage { .. } => {
            of.map(|of| fields::UpdateNewMessage { message: message(of), pts, pts_count }.into())
        }
        Event::Edited { .. } | Event::Reactions { .. } => {
            of.map(|of| fields::UpdateEditMessage { message: message(of), pts, pts_count }.into())
        }
        Event::Deleted { ids } => {
            let messages = ids.iter().map(|id| id.0).collect();
            Some(tl::Update::UpdateDeleteMessages { messages, pts, pts_count })
        }
        Event::ReadInbox { peer: with, max, unread } => {
            let mark = fields::UpdateReadHistoryInbox {
                peer: peer(*with),
                max_id: max.0,
                still_unread_count: i32::try_from(*unread).unwrap_or(i32::MAX),
                pts,
                pts_count,
                ..read_where(dialog::one(tx, by, *with)?.folder)
            };
            Some(mark.into())
        }
        Event::ReadOutbox { peer: with, max } => {
            Some(tl::Update::UpdateReadHistoryOutbox { peer: peer(*with), max_id: max.0, pts, pts_count })
        }
        Event::MessagesPinned { peer: with, ids, pinned } => {
            let (pinned, peer, messages) = (*pinned, peer(*with), ids.iter().map(|id| id.0).collect());
            Some(fields::UpdatePinnedMessages { pinned, peer, messages, pts, pts_count }.into())
        }
        Event::Folder { peers, folder } => {
            let folder_id = i32::from(*folder);
            let folder_peers =
                peers.iter().map(|&with| tl::FolderPeer::FolderPeer { peer: peer(with), folder_id });
            Some(tl::Update::UpdateFolderPeers { folder_peers: folder_peers.collect(), pts, pts_count })
        }
        Event::Blocked { peer: with } => {
            let blocked = block::is_blocked(tx, by, with.user())?;
            let peer_id = peer(*with);
            Some(tl::Update::UpdatePeerBlocked { blocked, blocked_my_stories_from: false, peer_id })
        }
        Event::User { user } => user_name(profile::profile(tx, by.user(), *user)?),
        Event::Timer { peer: with } => Some(peer_history_ttl(*with, dialog::one(tx, by, *with)?.ttl_s)),
        // No update says it; the session is told that it has missed too much.
        Event::Repaired => None,
        Event::Draft { peer: with } => Some(draft_saved(tx, by, *with, entry.date, mentioned)?),
        Event::DialogPinned { peer: with } => Some(dialog_pinned(tx, by, *with, mentioned)?),
        Event::PinnedOrder { folder } => Some(pinned_dialogs(tx, by, *folder, mentioned)?),
        Event::UnreadMark { peer: with } => Some(unread_mark(tx, by, *with)?),
        Event::Filter { id } => Some(filter_changed(tx, hashes, by, *id)?),
        Event::FilterOrder => Some(filter_order(tx, by)?),
        Event::Privacy => Some(privacy(tx, by, mentioned)?),
        Event::Notify { scope } => Some(notify_update(*scope, &notify::of(tx, by, *scope)?)),
        Event::Poll { .. } => of.and_then(update_poll),
        Event::SavedPins => {
            let peers = saved_pins(tx, by)?;
            peers.iter().for_each(|peer| mentioned.add_peer(*peer));
            let order = Some(peers.into_iter().map(dialog_peer).collect());
            Some(tl::Update::UpdatePinnedSavedDialogs { order })
        }
    })
}

/// Another user as the viewer sees him now: what he is called, and what he says of himself. Nothing of one who is gone.
///
/// # Errors
/// When the store fails.
pub fn user_changed(
    tx: &Tx<'_>,
    sight: &Sight<'_>,
    viewer: UserId,
    of: UserId,
) -> Result<Option<tl::Updates>, StoreError> {
    let Some(name) = user_name(profile::profile(tx, viewer, of)?) else { return Ok(None) };
    // The second one makes clients ask for the page anew.
    let page = tl::Update::UpdateUser { user_id: of.0 };
    let user = user(tx, sight, viewer, of)?;
    Ok(Some(updates(vec![name, page], vec![user], sight.now.unix())))
}

/// A name as the viewer sees it now.
fn user_name(profile: Profile) -> Option<tl::Update> {
    let Profile::Person(person) = profile else { return None };
    let username = |name: domain::username::Username| tl::Username::Username {
        editable: person.is_self,
        active: true,
        deletable: false,
        expired: false,
        username: name.text().to_owned(),
    };
    Some(
        fields::UpdateUserName {
            user_id: person.id.0,
            usernames: person.username.into_iter().map(username).collect(),
            first_name: person.first_name,
            last_name: person.last_name,
        }
        .into(),
    )
}

fn privacy(tx: &Tx<'_>, by: Authed, mentioned: &mut Mentioned) -> Result<tl::Update, StoreError> {
    let rules = privacy::own(tx, by)?;
    rules.iter().flat_map(Rule::users).for_each(|user| mentioned.add(*user));
    let key = tl::PrivacyKey::PrivacyKeyStatusTimestamp;
    Ok(tl::Update::UpdatePrivacy { key, rules: privacy_rules(&rules) })
}

fn draft_saved(
    tx: &Tx<'_>,
    by: Authed,
    with: Peer,
    date: UnixTime,
    mentioned: &mut Mentioned,
) -> Result<tl::Update, StoreError> {
    let draft = draft::of(tx, by, &[with])?.pop().flatten();
    draft.iter().for_each(|draft| mentioned.add_draft(draft));
    Ok(draft_update(with, draft.as_ref(), date))
}

fn filter_order(tx: &Tx<'_>, by: Authed) -> Result<tl::Update, StoreError> {
    let order = filter::all(tx, by)?.order().into_iter().map(i32::from).collect();
    Ok(tl::Update::UpdateDialogFilterOrder { order })
}

fn filter_changed(tx: &Tx<'_>, hashes: &AccessHashes, by: Authed, id: u8) -> Result<tl::Update, StoreError> {
    let all = filter::all(tx, by)?;
    let now = all.filters.iter().find(|filter| filter.id == id);
    let filter = now.map(|filter| dialog_filter(hashes, by, filter));
    Ok(fields::UpdateDialogFilter { id: id.into(), filter }.into())
}

fn unread_mark(tx: &Tx<'_>, by: Authed, with: Peer) -> Result<tl::Update, StoreError> {
    let unread = dialog::one(tx, by, with)?.unread_mark;
    Ok(fields::UpdateDialogUnreadMark { unread, peer: dialog_peer(with), saved_peer_id: None }.into())
}

/// A dialog that is pinned now is told by the order of all, which says the same however often it is told and whatever came
/// between: after some pinning and unpinning its place is not always the top.
fn dialog_pinned(
    tx: &Tx<'_>,
    by: Authed,
    with: Peer,
    mentioned: &mut Mentioned,
) -> Result<tl::Update, StoreError> {
    let dialog = dialog::one(tx, by, with)?;
    if dialog.pin > 0 {
        return pinned_dialogs(tx, by, dialog.folder, mentioned);
    }
    let folder_id = folder_id(dialog.folder);
    Ok(tl::Update::UpdateDialogPinned { pinned: false, folder_id, peer: dialog_peer(with) })
}

fn pinned_dialogs(
    tx: &Tx<'_>,
    by: Authed,
    folder: u8,
    mentioned: &mut Mentioned,
) -> Result<tl::Update, StoreError> {
    let peers = dialog::pinned_peers(tx, by, folder)?;
    peers.iter().for_each(|peer| mentioned.add_peer(*peer));
    let folder_id = folder_id(folder);
    let order = Some(peers.into_iter().map(dialog_peer).collect());
    Ok(tl::Update::UpdatePinnedDialogs { folder_id, order })
}

/// A read mark's place: clients take a dialog out of the archive when the mark does not name it.
fn read_where(folder: u8) -> fields::UpdateReadHistoryInbox {
    fields::UpdateReadHistoryInbox { folder_id: folder_id(folder), ..Default::default() }
}

/// A folder as updates name it: the main list is not named.
fn folder_id(folder: u8) -> Option<i32> {
    (folder == ARCHIVE).then(|| i32::from(folder))
}
