//! Who stops waiting, and what is told while he waits for something else, lose nothing.

use std::sync::Arc;

use tl::updates::{Difference, GetDifference, State};
use tl::{Decode, Encode, Function, fields};
use tokio::sync::{mpsc, oneshot};

use super::{Account, AccountError, Kept};
use crate::calls::Answer;
use crate::client::Client;
use crate::clock::Clock;
use crate::driver::Command;
use crate::state::{Chats, Counter};
use crate::updates::Queue;

const ME: i64 = 1;
const ANN: i64 = 5;

/// The server, as far as it is asked.
struct Server {
    commands: mpsc::Receiver<Command>,
    updates: Arc<Queue>,
}

impl Server {
    /// Waits for the next call, which must be this one; it and who waits for its answer.
    async fn asked<M: Function + Decode>(&mut self) -> (M, oneshot::Sender<Answer>) {
        match self.commands.recv().await {
            Some(Command::Call(call)) => {
                let asked = tl::Reader::new(&call.query).peek_id().unwrap();
                assert!(asked == M::ID, "{asked:#x} is asked instead of {:#x}", M::ID);
                (M::from_bytes(&call.query).unwrap(), call.reply)
            }
            _ => panic!("no call"),
        }
    }

    /// Waits for the next call, which must be this one, and answers it.
    async fn answers<M: Function + Decode>(&mut self, result: M::Result) {
        let (_, reply) = self.asked::<M>().await;
        reply.send(Ok(result.to_bytes())).unwrap();
    }

    /// More happened than is told.
    async fn too_much(&mut self) {
        self.updates.push(tl::Updates::UpdatesTooLong.to_bytes());
        self.answers::<GetDifference>(Difference::DifferenceTooLong { pts: 900 }).await;
    }

    /// Tells everything: one chat, of one message.
    async fn everything(&mut self) {
        let peer = tl::Peer::PeerUser { user_id: ANN };
        let dialog = fields::Dialog { peer, top_message: 7, ..Default::default() }.into();
        let users = vec![fields::User { id: ANN, ..Default::default() }.into()];
        let messages = vec![message(7, "as it is now")];
        let main = fields::messages::Dialogs {
            dialogs: vec![dialog],
            users,
            messages: messages.clone(),
            ..Default::default()
        };
        let page = fields::messages::Messages { messages, ..Default::default() };
        self.answers::<tl::messages::GetDialogs>(main.into()).await;
        self.answers::<tl::messages::GetHistory>(page.into()).await;
        self.answers::<tl::messages::GetHistory>(fields::messages::Messages::default().into()).await;
        self.answers::<tl::messages::GetDialogs>(fields::messages::Dialogs::default().into()).await;
    }
}

fn message(id: i32, text: &str) -> tl::Message {
    let peer_id = tl::Peer::PeerUser { user_id: ANN };
    fields::Message { id, peer_id, message: text.to_owned(), ..Default::default() }.into()
}

/// An account that knows one message, which is gone by now, and its server.
fn account() -> (Account, Server) {
    let (client, commands, updates) = Client::scripted();
    let state = State::State { pts: 10, qts: 0, date: 1, seq: 0, unread_count: 0 };
    let mut chats = Chats { me: ME, ..Chats::default() };
    chats.put(message(1, "as it was"));
    let kept = Kept { counter: Counter::new(&state), chats, is_stale: false };
    (Account { client, clock: Clock::start(), kept }, Server { commands, updates })
}

fn ids(chats: &Chats) -> Vec<i32> {
    chats.chats.values().flat_map(|chat| chat.messages.keys().copied()).collect()
}

#[tokio::test]
async fn who_stops_waiting_while_everything_is_read_anew_comes_back_to_that() {
    let (mut account, mut server) = account();
    // In the middle of it, twice: once of following, once of asking for the chats.
    tokio::select! {
        () = async {
            loop {
                account.follow().await.unwrap();
            }
        } => {}
        () = async {
            server.too_much().await;
            server.asked::<tl::messages::GetDialogs>().await;
        } => {}
    }
    tokio::select! {
        _ = account.chats() => panic!("everything was not told"),
        _ = server.asked::<tl::messages::GetDialogs>() => {}
    }
    let (followed, ()) = tokio::join!(account.follow(), server.everything());
    followed.unwrap();
    assert_eq!((account.pts(), ids(account.chats().await.unwrap())), (900, vec![7]));
}

#[tokio::test]
async fn what_is_told_while_a_call_is_under_way_is_read_before_anything_is_shown() {
    let (mut account, mut server) = account();
    let question = tl::help::GetNearestDc {};
    let answer = tl::NearestDc::default();
    let (answered, ()) = tokio::join!(account.call_raw(question.to_bytes()), async {
        let (_, reply) = server.asked::<tl::help::GetNearestDc>().await;
        server.too_much().await;
        server.answers::<GetDifference>(Difference::DifferenceEmpty { date: 2, seq: 0 }).await;
        // One more round of the account, so that it has taken the difference.
        server.updates.push(tl::Updates::UpdatesTooLong.to_bytes());
        server.answers::<GetDifference>(Difference::DifferenceEmpty { date: 3, seq: 0 }).await;
        reply.send(Ok(answer.to_bytes())).unwrap();
    });
    assert!(answered.unwrap().unwrap() == answer.to_bytes());
    let (shown, ()) = tokio::join!(account.chats(), server.everything());
    assert_eq!(ids(shown.unwrap()), [7]);
    assert_eq!(account.pts(), 900);
}

#[tokio::test]
async fn a_call_comes_after_what_is_to_be_read_anew() {
    let (mut account, mut server) = account();
    account.kept.is_stale = true;
    let question = tl::help::GetNearestDc {};
    let (answered, ()) = tokio::join!(account.call_raw(question.to_bytes()), async {
        server.everything().await;
        server.answers::<tl::help::GetNearestDc>(tl::NearestDc::default()).await;
    });
    answered.unwrap().unwrap();
    assert_eq!(ids(account.chats().await.unwrap()), [7]);
}

#[tokio::test]
async fn a_question_that_cannot_be_read_is_not_asked() {
    let (mut account, mut server) = account();
    for query in [vec![], vec![1, 2, 3], vec![1, 2, 3, 4]] {
        let error = account.call_raw(query).await.unwrap_err();
        assert!(matches!(error, AccountError::Question(_)), "{error}");
    }
    assert!(server.commands.try_recv().is_err());
}
