//! The chats of an account as they are shown: messages, marks of what was read, drafts, pins, the archive. Texts are private, so
//! nothing here prints.

use std::collections::BTreeMap;

use tl::{Message, Update};

use super::{Change, Own};

/// The archive, and how many folders there are with the main list.
const FOLDERS: usize = 2;

/// All chats of an account, by the user on the other side.
#[derive(Default)]
pub struct Chats {
    /// Whose they are.
    pub me: i64,
    /// Each.
    pub chats: BTreeMap<i64, Chat>,
    /// The pinned ones of the main list and of the archive, from the top.
    pub pinned: [Vec<i64>; FOLDERS],
}

/// One of them.
#[derive(Default)]
pub struct Chat {
    /// Its messages by their numbers.
    pub messages: BTreeMap<i32, Message>,
    /// What is from the other side is read up to here.
    pub read_in: i32,
    /// What the owner wrote is read up to here.
    pub read_out: i32,
    /// What he has begun to write.
    pub draft: Option<String>,
    /// It is marked as unread.
    pub is_marked: bool,
    /// 1: the archive.
    pub folder: usize,
    /// Its messages end so long after they were sent; 0: never.
    pub timer_s: i32,
}

impl Chats {
    /// Applies a change; whether everything must be read anew instead.
    pub fn apply(&mut self, change: Change) -> bool {
        match change {
            Change::Update(update) => self.update(update),
            Change::Message(message) => self.put(message),
            Change::Own(own) => self.own(own),
            Change::Anew => return true,
        }
        false
    }

    /// Puts a message in its place, in that of an earlier version if there is one.
    pub fn put(&mut self, message: Message) {
        let (peer, id) = match &message {
            Message::Message(message) => (&message.peer_id, message.id),
            Message::MessageService(message) => {
                // No client shows what stands in a chat that was cleared.
                if matches!(message.action, tl::MessageAction::MessageActionHistoryClear) {
                    return;
                }
                (&message.peer_id, message.id)
            }
            Message::MessageEmpty { .. } => return,
        };
        if let Some(user) = user(peer) {
            self.chat(user).messages.insert(id, message);
        }
    }

    /// The chat with somebody, which is empty if it was not there.
    pub fn chat(&mut self, user: i64) -> &mut Chat {
        self.chats.entry(user).or_default()
    }

    /// The number of its last message; 0 if there is none.
    pub fn top(&self) -> i32 {
        let last = |chat: &Chat| chat.messages.last_key_value().map(|(id, _)| *id);
        self.chats.values().filter_map(last).max().unwrap_or_default()
    }

    fn own(&mut self, own: Own) {
        match own {
            Own::Deleted { ids } => self.delete(&ids),
            Own::Read { user, max_id } => {
                let chat = self.chat(user);
                chat.read_in = chat.read_in.max(max_id);
            }
            Own::Cleared { user, max_id } => {
                self.chat(user).messages.retain(|id, _| *id > max_id);
            }
        }
    }

    fn delete(&mut self, ids: &[i32]) {
        for chat in self.chats.values_mut() {
            chat.messages.retain(|id, _| !ids.contains(id));
        }
    }

    /// A message of the account by its number, which no other of it has.
    fn find(&mut self, id: i32) -> Option<&mut tl::fields::Message> {
        match self.chats.values_mut().find_map(|chat| chat.messages.get_mut(&id))? {
            Message::Message(message) => Some(message),
            Message::MessageService(_) | Message::MessageEmpty { .. } => None,
        }
    }

    fn unpin(&mut self, user: i64) {
        self.pinned.iter_mut().for_each(|order| order.retain(|one| *one != user));
    }

    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "updates are of well over a hundred kinds, of which a few say something here"
    )]
    fn update(&mut self, update: Update) {
        match update {
            Update::UpdateNewMessage(update) => self.put(update.message),
            Update::UpdateEditMessage(update) => self.put(update.message),
            Update::UpdateDeleteMessages { messages, .. } => self.delete(&messages),
            Update::UpdateReadHistoryInbox(update) => {
                if let Some(user) = user(&update.peer) {
                    self.chat(user).read_in = update.max_id;
                }
            }
            Update::UpdateReadHistoryOutbox { peer, max_id, .. } => {
                if let Some(user) = user(&peer) {
                    self.chat(user).read_out = max_id;
                }
            }
            Update::UpdatePinnedMessages(update) => {
                for id in &update.messages {
                    if let Some(message) = self.find(*id) {
                        message.pinned = update.pinned;
                    }
                }
            }
            Update::UpdateMessageReactions(update) => {
                if let Some(message) = self.find(update.msg_id) {
                    message.reactions = Some(update.reactions);
                }
            }
            other => self.update_of_a_chat(other),
        }
    }

    /// What happens to a chat and not to its messages; kinds that say nothing about chats are passed over.
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "updates are of well over a hundred kinds, of which a few say something here"
    )]
    fn update_of_a_chat(&mut self, update: Update) {
        match update {
            Update::UpdateDraftMessage(update) => {
                if let Some(user) = user(&update.peer) {
                    self.chat(user).draft = draft(update.draft);
                }
            }
            Update::UpdateDialogPinned { pinned, peer, .. } => {
                if let Some(user) = dialog_user(&peer) {
                    self.unpin(user);
                    let folder = self.chat(user).folder;
                    if let Some(order) = self.pinned.get_mut(folder).filter(|_| pinned) {
                        order.insert(0, user);
                    }
                }
            }
            Update::UpdatePinnedDialogs { folder_id, order } => {
                let of = usize::try_from(folder_id.unwrap_or_default()).unwrap_or(FOLDERS);
                if let Some(pinned) = self.pinned.get_mut(of) {
                    *pinned = order.iter().flatten().filter_map(dialog_user).collect();
                }
            }
            Update::UpdateFolderPeers { folder_peers, .. } => {
                for tl::FolderPeer::FolderPeer { peer, folder_id } in &folder_peers {
                    let (Some(user), Ok(folder)) = (user(peer), usize::try_from(*folder_id)) else {
                        continue;
                    };
                    if self.chat(user).folder != folder {
                        self.unpin(user);
                        self.chat(user).folder = folder;
                    }
                }
            }
            Update::UpdateDialogUnreadMark(update) => {
                if let Some(user) = dialog_user(&update.peer) {
                    self.chat(user).is_marked = update.unread;
                }
            }
            Update::UpdatePeerHistoryTTL { peer, ttl_period } => {
                if let Some(user) = user(&peer) {
                    self.chat(user).timer_s = ttl_period.unwrap_or_default();
                }
            }
            _ => {}
        }
    }
}

/// What somebody has begun to write.
pub(crate) fn draft(draft: tl::DraftMessage) -> Option<String> {
    match draft {
        tl::DraftMessage::DraftMessage(draft) => Some(draft.message),
        tl::DraftMessage::DraftMessageEmpty { .. } => None,
    }
}

/// The user on the other side; none of a group.
pub fn user(peer: &tl::Peer) -> Option<i64> {
    match peer {
        tl::Peer::PeerUser { user_id } => Some(*user_id),
        tl::Peer::PeerChat { .. } | tl::Peer::PeerChannel { .. } => None,
    }
}

fn dialog_user(peer: &tl::DialogPeer) -> Option<i64> {
    match peer {
        tl::DialogPeer::DialogPeer { peer } => user(peer),
        tl::DialogPeer::DialogPeerFolder { .. } | tl::DialogPeer::DialogPeerCommunity { .. } => None,
    }
}

#[cfg(test)]
#[path = "chats_tests.rs"]
mod tests;
