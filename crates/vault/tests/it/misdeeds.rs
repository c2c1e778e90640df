//! That the misbehaving vault misbehaves as it says: the tests of others stand on it.

use custody::{
    Away, Vault as _,
    wire::{AnswerFault, Asked, Body, Entry, Op, Receipt, Reply},
};
use vault::testing::{Faulty, Misdeed};

use crate::ground::*;

struct Bad(Faulty);

impl Bad {
    fn new(misdeed: Misdeed) -> Bad {
        let mut ground = Ground::new();
        ground.ask(vec![put(1)]);
        let mut faulty = Faulty::new(ground.vault);
        faulty.turn(misdeed);
        Bad(faulty)
    }

    fn ask(&mut self, op: Op) -> Result<Result<Receipt, AnswerFault>, Away> {
        let (asked, bytes) = request(vec![op]);
        let answer = self.0.exchange(&bytes)?;
        Ok(self.open(&asked, &answer))
    }

    fn open(&mut self, asked: &Asked, answer: &[u8]) -> Result<Receipt, AnswerFault> {
        let verifying = self.0.vault().verifying();
        asked.open(answer, |bytes, signature| verifying.verify(bytes, signature).is_ok())
    }

    fn has(&mut self, n: u64) -> bool {
        self.0.turn(Misdeed::None);
        current(self.ask(get(n))).is_some()
    }
}

fn current(answer: Result<Result<Receipt, AnswerFault>, Away>) -> Option<Entry> {
    let Ok(Ok(Receipt { body: Body::Done(replies), .. })) = answer else { panic!("no answer") };
    let Some(Reply::Get { current, .. }) = replies.into_iter().next() else { panic!("no reply to a get") };
    current
}

#[test]
fn away_gets_nothing_and_mute_says_nothing() {
    let mut bad = Bad::new(Misdeed::Away);
    assert!(bad.ask(put(2)).is_err());
    assert!(!bad.has(2));
    bad.0.turn(Misdeed::Mute);
    assert!(bad.ask(put(2)).is_err());
    assert!(bad.has(2));
}

#[test]
fn late_answers_are_those_of_earlier_requests() {
    let mut bad = Bad::new(Misdeed::Late(2));
    let (asked, bytes) = request(vec![get(1)]);
    assert!(bad.0.exchange(&bytes).is_err());
    assert!(bad.ask(put(2)).is_err());
    let (later, bytes) = request(vec![get(2)]);
    let answer = bad.0.exchange(&bytes).expect("the first answer");
    assert_eq!(bad.open(&later, &answer).err(), Some(AnswerFault::OtherRequest));
    assert!(bad.open(&asked, &answer).is_ok());
}

#[test]
fn lies_are_signed() {
    let mut bad = Bad::new(Misdeed::LiesAboutShares);
    let lie = current(bad.ask(get(1))).expect("something is there").piece;
    assert!(lie.share != piece(1, 0).share && lie.commitments == piece(1, 0).commitments);
    bad.0.turn(Misdeed::LiesAboutCommitments);
    let lie = current(bad.ask(get(1))).expect("something is there").piece;
    assert!(lie.share == piece(1, 0).share && lie.commitments != piece(1, 0).commitments);
    bad.0.turn(Misdeed::None);
    assert!(current(bad.ask(get(1))) == Some(entry(1, 0)));
}

#[test]
fn a_replayed_answer_answers_another_request() {
    let mut bad = Bad::new(Misdeed::None);
    assert!(bad.ask(get(1)).is_ok_and(|opened| opened.is_ok()));
    bad.0.turn(Misdeed::ReplaysOld);
    assert_eq!(bad.ask(put(2)).expect("an answer").err(), Some(AnswerFault::OtherRequest));
    assert!(!bad.has(2));
}

#[test]
fn the_second_answer_stands_in_the_way() {
    let mut bad = Bad::new(Misdeed::AnswersTwice);
    assert!(bad.ask(put(2)).expect("an answer").is_ok());
    assert_eq!(bad.ask(put(3)).expect("an answer").err(), Some(AnswerFault::OtherRequest));
    assert!(bad.ask(put(4)).expect("an answer").is_ok());
    assert!(bad.has(2) && bad.has(3) && bad.has(4));
}

#[test]
fn rolled_back_it_knows_less_and_its_number_is_lower() {
    let mut ground = Ground::new();
    ground.ask(vec![put(1)]);
    let saved = ground.again();
    ground.ask(vec![put(2)]);
    let mut bad = Bad(Faulty::new(ground.vault));
    let number = |bad: &mut Bad| bad.ask(Op::Status).map(|opened| opened.map(|receipt| receipt.commit));
    let before = number(&mut bad).expect("an answer").expect("a receipt");
    bad.0.roll_back(saved.vault);
    assert!(number(&mut bad).expect("an answer").expect("a receipt") < before);
    assert!(bad.has(1) && !bad.has(2));
}
