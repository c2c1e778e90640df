//! An account on one client: everything is read once, and from then on kept by updates and differences alone, whatever happens
//! to the connection.
//!
//! Invariant: a question changes nothing until its answer is there, and what is to be read anew stays so until it was read
//! whole. So a caller may stop waiting at any time, and what he had asked for is asked again; of what a call did on which he
//! no longer waited, only updates and differences tell. Source: <https://core.telegram.org/api/updates>.

use std::time::Duration;

use tl::fields;
use tl::layer::LayerError;

use crate::client::Client;
use crate::clock::Clock;
use crate::error::{CallError, UpdateError};
use crate::options::Identity;
use crate::state::{Change, Chats, Counter, draft, peer_user, told};

/// What is asked for at a time.
const PAGE: i32 = 100;

/// An account that is followed over a client.
pub struct Account {
    client: Client,
    clock: Clock,
    kept: Kept,
}

/// What a client has of its account while it is not connected.
pub struct Kept {
    counter: Counter,
    chats: Chats,
    /// Too much happened to be told.
    is_stale: bool,
}

/// Why an account is not kept any more.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The updates ended, or cannot be read.
    #[error(transparent)]
    Update(#[from] UpdateError),
    /// The answer is none that the schema has for it.
    #[error("an answer is not what was asked for")]
    Answer,
    /// The question is none of the layer that is spoken, so nobody could say what it has done.
    #[error("the question is none of the client's layer: {0}")]
    Question(LayerError),
}

impl Account {
    /// Reads everything that the account of a user has, by a client that is logged in to it.
    ///
    /// # Errors
    /// The [`AccountError`].
    pub async fn read(client: Client, me: i64) -> Result<Self, AccountError> {
        loop {
            let before = client.call(&tl::updates::GetState {}).await?;
            let chats = all(&client, me).await?;
            let counter = Counter::new(&before);
            let tl::updates::State::State { pts, .. } = client.call(&tl::updates::GetState {}).await?;
            // What changed meanwhile was read in part.
            if pts == counter.pts() {
                let kept = Kept { counter, chats, is_stale: false };
                return Ok(Self { client, clock: Clock::start(), kept });
            }
        }
    }

    /// Goes on where [`leave`](Self::leave) ended, by another client of the same login; what happened meanwhile is asked for.
    pub fn back(client: Client, mut kept: Kept) -> Self {
        kept.counter.unknown();
        Self { client, clock: Clock::start(), kept }
    }

    /// Ends the connection.
    pub async fn leave(self) -> Kept {
        self.client.close().await;
        self.kept
    }

    /// What the account has, as far as this client was told. They are read anew first when too much had happened to be told:
    /// nobody is shown old chats under a new counter.
    ///
    /// # Errors
    /// The [`AccountError`].
    pub async fn chats(&mut self) -> Result<&Chats, AccountError> {
        self.read_anew().await?;
        Ok(&self.kept.chats)
    }

    /// The login, to come back with.
    pub fn identity(&self) -> &Identity {
        self.client.permanent()
    }

    /// How many events it has counted.
    pub const fn pts(&self) -> i32 {
        self.kept.counter.pts()
    }

    /// Makes a call whose bytes are of the client's layer, and follows the account until it is answered; the answer is as it
    /// came.
    ///
    /// # Errors
    /// The [`CallError`] of the call itself, or the [`AccountError`] of what came meanwhile.
    pub async fn call_raw(&mut self, query: Vec<u8>) -> Result<Result<Vec<u8>, CallError>, AccountError> {
        let layer = self.client.layer();
        let mut question = Vec::new();
        tl::layer::raise_request(&query, layer, &mut question).map_err(AccountError::Question)?;
        let function_id =
            tl::Reader::new(&query).peek_id().map_err(|cut| AccountError::Question(cut.into()))?;
        self.read_anew().await?;
        let top = self.kept.chats.top();
        let answered = {
            let call = self.client.call_raw(query);
            tokio::pin!(call);
            loop {
                tokio::select! {
                    biased;
                    answered = &mut call => break answered,
                    followed = follow_one(&self.client, self.clock, &mut self.kept.counter) => {
                        self.kept.apply(followed?);
                    }
                }
            }
        };
        let answer = match answered {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(error)),
        };
        let mut raised = Vec::new();
        if let Err(why) = tl::layer::raise_result(function_id, &answer, layer, &mut raised) {
            return Ok(Err(CallError::AnswerLayer { layer, why }));
        }
        self.heed(top, &question, &raised)?;
        Ok(Ok(answer))
    }

    /// Waits until something was told, and applies it. Dropping the future loses nothing.
    ///
    /// # Errors
    /// The [`AccountError`].
    pub async fn follow(&mut self) -> Result<(), AccountError> {
        // Whoever stopped waiting while the account was read anew comes back to that, told of more or not.
        if !self.kept.is_stale {
            let changes = follow_one(&self.client, self.clock, &mut self.kept.counter).await?;
            self.kept.apply(changes);
        }
        self.read_anew().await
    }

    /// Reads everything anew if too much happened to be told.
    async fn read_anew(&mut self) -> Result<(), AccountError> {
        if self.kept.is_stale {
            self.kept.chats = all(&self.client, self.kept.chats.me).await?;
            self.kept.is_stale = false;
        }
        Ok(())
    }

    /// Takes what the answer to a question tells of the account, `top` being the last message that was known when it was asked.
    fn heed(&mut self, top: i32, question: &[u8], answer: &[u8]) -> Result<(), AccountError> {
        let told = told(self.kept.chats.me, top, question, answer).map_err(CallError::Malformed)?;
        let changes = self.kept.counter.told(told, self.clock.now().mono_ms);
        self.kept.apply(changes);
        Ok(())
    }
}

impl Kept {
    fn apply(&mut self, changes: Vec<Change>) {
        for change in changes {
            self.is_stale |= self.chats.apply(change);
        }
    }
}

/// Waits for what is told next, or asks for the difference when that is due; what is to be applied.
async fn follow_one(
    client: &Client,
    clock: Clock,
    counter: &mut Counter,
) -> Result<Vec<Change>, AccountError> {
    let now_ms = clock.now().mono_ms;
    let wait_ms = counter.due_ms().map(|due_ms| due_ms.saturating_sub(now_ms));
    if wait_ms == Some(0) {
        let difference = client.call(&counter.question()).await?;
        return Ok(counter.answer(difference, clock.now().mono_ms));
    }
    let wait = async {
        match wait_ms {
            Some(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        update = client.update() => Ok(counter.take(update?, clock.now().mono_ms)),
        () = wait => Ok(Vec::new()),
    }
}

/// Everything that the server has.
async fn all(client: &Client, me: i64) -> Result<Chats, AccountError> {
    let mut chats = Chats { me, ..Chats::default() };
    for folder in [0, 1] {
        let mut page =
            tl::messages::GetDialogs { limit: PAGE, folder_id: Some(folder), ..Default::default() };
        loop {
            let (dialogs, messages, users, is_last) = match client.call(&page).await? {
                tl::messages::Dialogs::Dialogs(all) => (all.dialogs, all.messages, all.users, true),
                tl::messages::Dialogs::DialogsSlice(part) => {
                    let is_last = part.dialogs.is_empty();
                    (part.dialogs, part.messages, part.users, is_last)
                }
                tl::messages::Dialogs::DialogsNotModified { .. } => return Err(AccountError::Answer),
            };
            for dialog in &dialogs {
                let tl::Dialog::Dialog(dialog) = dialog else { continue };
                let Some(user) = peer_user(&dialog.peer) else { continue };
                let with = input(&users, user).ok_or(AccountError::Answer)?;
                let messages = history(client, &with).await?;
                place(&mut chats, user, dialog, messages);
                page.offset_peer = with;
                page.offset_id = dialog.top_message;
            }
            page.offset_date =
                messages.iter().find_map(|one| date_of(one, page.offset_id)).unwrap_or_default();
            page.exclude_pinned = true;
            if is_last {
                break;
            }
        }
    }
    Ok(chats)
}

fn place(chats: &mut Chats, user: i64, dialog: &fields::Dialog, messages: Vec<tl::Message>) {
    let folder = usize::try_from(dialog.folder_id.unwrap_or_default()).unwrap_or_default();
    let chat = chats.chat(user);
    (chat.read_in, chat.read_out) = (dialog.read_inbox_max_id, dialog.read_outbox_max_id);
    chat.draft = dialog.draft.clone().and_then(draft);
    (chat.is_marked, chat.folder) = (dialog.unread_mark, folder);
    chat.timer_s = dialog.ttl_period.unwrap_or_default();
    if let Some(order) = chats.pinned.get_mut(folder).filter(|_| dialog.pinned) {
        order.push(user);
    }
    messages.into_iter().for_each(|message| chats.put(message));
}

async fn history(client: &Client, with: &tl::InputPeer) -> Result<Vec<tl::Message>, AccountError> {
    let mut all = Vec::new();
    let mut page = tl::messages::GetHistory { peer: with.clone(), limit: PAGE, ..Default::default() };
    loop {
        let messages = match client.call(&page).await? {
            tl::messages::Messages::Messages(page) => page.messages,
            tl::messages::Messages::MessagesSlice(page) => page.messages,
            tl::messages::Messages::ChannelMessages(_)
            | tl::messages::Messages::MessagesNotModified { .. } => return Err(AccountError::Answer),
        };
        let Some(last) = messages.last() else { return Ok(all) };
        page.offset_id = id_of(last);
        all.extend(messages);
    }
}

fn id_of(message: &tl::Message) -> i32 {
    match message {
        tl::Message::Message(message) => message.id,
        tl::Message::MessageService(message) => message.id,
        tl::Message::MessageEmpty { id, .. } => *id,
    }
}

fn date_of(message: &tl::Message, id: i32) -> Option<i32> {
    let date = match message {
        tl::Message::Message(message) => message.date,
        tl::Message::MessageService(message) => message.date,
        tl::Message::MessageEmpty { .. } => 0,
    };
    (id_of(message) == id).then_some(date)
}

fn input(users: &[tl::User], user: i64) -> Option<tl::InputPeer> {
    users.iter().find_map(|one| match one {
        tl::User::User(one) if one.id == user => Some(tl::InputPeer::InputPeerUser {
            user_id: user,
            access_hash: one.access_hash.unwrap_or_default(),
        }),
        tl::User::User(_) | tl::User::UserEmpty { .. } => None,
    })
}

#[cfg(test)]
#[path = "account_tests.rs"]
mod tests;
