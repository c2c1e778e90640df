//! Two devices of one user on the real server: a call whose answer has no place for the counter (P40 counts on it being exact).
use tl::Encode;

use crate::peer::{HERE, Peer, Person};
use crate::process::Server;

const ANNA: Person<'_> = Person { phone: "99966712345678", first_name: "Anna", last_name: "" };
const BERT: Person<'_> = Person { phone: "99966712345679", first_name: "Bert", last_name: "" };

fn pts(of: &mut Peer) -> i32 {
    let state = of.call(&tl::updates::GetState {}).expect("a state");
    let tl::updates::State::State { pts, .. } = state;
    pts
}

/// All updates that came before the answer to a call that comes after them, as (update, pts after it if it has one).
fn told(of: &mut Peer) -> Vec<tl::Update> {
    let _ = pts(of);
    batches(of)
}

/// All updates that have come.
fn batches(of: &mut Peer) -> Vec<tl::Update> {
    let batches = std::mem::take(&mut of.updates);
    let read = |body: Vec<u8>| match tl::Decode::from_bytes(&body) {
        Ok(tl::Updates::Updates(updates)) => updates.updates,
        _ => panic!("not `updates`"),
    };
    batches.into_iter().flat_map(read).collect()
}

/// Both sessions get the draft, once, with the same step: what another device did meanwhile may have reached the one that
/// saved it between its call and the answer. Afterwards both stand where the server does.
#[test]
fn a_draft_reaches_both_devices_once_with_its_step() {
    let server = Server::with(&["--dev"]);
    let mut one = Peer::introduced(&server, HERE);
    one.sign_up(&server, &ANNA);
    let mut two = Peer::introduced(&server, HERE);
    two.sign_in(&server, ANNA.phone);
    let before = pts(&mut one);
    assert_eq!(pts(&mut two), before);
    drop((told(&mut one), told(&mut two)));

    let peer = tl::InputPeer::InputPeerSelf;
    let draft = tl::messages::SaveDraft { peer, message: "to do".into(), ..Default::default() };
    assert_eq!(one.call(&draft).ok(), Some(true));
    let step = |updates: &[tl::Update]| match updates {
        [tl::Update::UpdateFolderPeers { folder_peers, pts, pts_count }] if folder_peers.is_empty() => {
            Some((*pts, *pts_count))
        }
        _ => None,
    };
    let tl::Updates::Updates(pushed) = two.update() else { panic!("not `updates`") };
    for updates in [told(&mut one), pushed.updates] {
        let (drafts, rest): (Vec<_>, Vec<_>) =
            updates.into_iter().partition(|update| matches!(update, tl::Update::UpdateDraftMessage(_)));
        assert_eq!((drafts.len(), step(&rest)), (1, Some((before + 1, 1))));
        assert!(drafts[0].to_bytes().windows(5).any(|text| text == b"to do"));
    }
    assert!(told(&mut one).is_empty() && told(&mut two).is_empty(), "and never twice");
    assert_eq!([pts(&mut one), pts(&mut two)], [before + 1; 2]);
}

/// Whatever an answer was read from, the session was told of before: a client that counts what it is told on top of what it
/// has read would count it twice (docs, api/updates). Red, within some ten answers, without `Outcome::stood`.
#[test]
fn an_answer_is_never_ahead_of_what_its_session_was_told() {
    const TEXTS: usize = 200;
    let server = Server::with(&["--dev"]);
    let mut anna = Peer::introduced(&server, HERE);
    anna.sign_up(&server, &ANNA);
    let mut bert = Peer::introduced(&server, HERE);
    bert.sign_up(&server, &BERT);
    let to_bert = anna.import(BERT.phone);
    let mut known = pts(&mut bert);
    drop(told(&mut bert));
    let text = |n| tl::messages::SendMessage {
        peer: to_bert.clone(),
        message: "hello".into(),
        random_id: n,
        ..Default::default()
    };
    std::thread::scope(|scope| {
        let writing = scope.spawn(move || {
            for n in 1..=TEXTS as i64 {
                anna.call(&text(n)).expect("an answer");
            }
        });
        let (mut answers, mut last) = (0, false);
        while !last {
            last = writing.is_finished();
            let stands = pts(&mut bert);
            for update in batches(&mut bert) {
                if let tl::Update::UpdateNewMessage(new) = update {
                    known = known.max(new.pts);
                }
            }
            answers += 1;
            assert_eq!(known, stands, "answer {answers}");
        }
        assert!(answers > 20, "{answers} answers while there was something to tell");
    });
}
