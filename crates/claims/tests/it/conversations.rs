//! P35, P38 and P40: what an edit leaves of the text before it, and what the other side has and can tell of a deletion.

use domain::message::{self, FormattedText, NewText};
use domain::update::{self, State};
use domain::{Peer, dialog};
use ids::Pts;
use store::StoreError;

use crate::folders::Image;
use crate::people::Pair;
use crate::promises::{paths, vaults};
use crate::red::{Verdict, keeps, must};
use crate::world::{Node, World};

fn opens(world: &World, images: &[Image], text: &str) -> bool {
    world.dig(paths(images), vaults(images.last().unwrap())).holds(text.as_bytes())
}

impl Pair {
    /// Another text for a message of the first.
    fn edit(&self, node: &mut Node, old: &str, new: &str) {
        let there = self.messages(node, 0).unwrap();
        let id = there.into_iter().find(|(_, text)| text == old).unwrap().0;
        let (by, now) = (self.people[0], node.now);
        let with = self.known(by, self.people[1]);
        node.write(|tx| {
            let text = FormattedText::new(new.to_owned(), Vec::new()).unwrap();
            message::edit(tx, by, NewText { with, id, text }, now).map(drop)
        })
        .unwrap();
    }
}

/// P35: from the tick on the text before an edit opens with no image of any time, on neither side; before it, it does.
#[test]
fn p35_the_text_before_an_edit_opens_with_nothing_after_the_tick() {
    keeps("conversations::p35_the_text_before_an_edit_opens_with_nothing_after_the_tick", &["p35"], || {
        let mut world = World::new(35);
        let mut pair = Pair::new(&mut world);
        let first = pair.send(&mut world.node, 0);
        let stays = pair.send(&mut world.node, 1);
        world.node.sync();
        let mut images = vec![world.image()];
        let second = format!("{first}, and better");
        let third = "quite another text".to_owned();
        pair.edit(&mut world.node, &first, &second);
        pair.edit(&mut world.node, &second, &third);
        world.node.sync();
        images.push(world.image());
        assert!(opens(&world, &images, &first) && opens(&world, &images, &second), "this test has no power");
        world.node.tick();
        images.push(world.image());
        for (text, lives) in [(&first, false), (&second, false), (&third, true), (&stays, true)] {
            must(opens(&world, &images, text) == lives, || "a text that was edited away opens".to_owned())?;
        }
        for of in 0..2 {
            let mut wanted = vec![third.clone(), stays.clone()];
            wanted.sort();
            assert_eq!(pair.texts(&mut world.node, of), wanted);
        }
        Ok(())
    });
}

/// All that the second of the two can see of the first: what he has, where he stands, what he is told.
#[derive(PartialEq)]
struct Seen {
    state: State,
    messages: Vec<(ids::MsgId, String)>,
    dialog: dialog::Dialog,
    /// Counter, count and whether it is of a message, of each event.
    events: Vec<(Pts, i32, bool)>,
}

fn seen(node: &mut Node, pair: &Pair) -> Seen {
    let [first, by] = pair.people;
    let messages = pair.messages(node, 1).unwrap();
    let with = pair.known(by, first);
    assert_eq!(with.peer(), Peer::User(first.user()));
    node.read(|tx| {
        Ok::<_, StoreError>(Seen {
            state: update::state(tx, by)?,
            messages: messages.clone(),
            dialog: dialog::of(tx, by, &[with])?.remove(0).0,
            events: update::events(tx, by.own_box(), Pts(1), 1_000)?
                .iter()
                .map(|entry| (entry.pts, entry.pts_count, entry.message().is_some()))
                .collect(),
        })
    })
    .unwrap()
}

/// One story of two people, in which the first deletes for himself, or does not.
fn story(deletes: bool) -> Result<Seen, String> {
    let mut world = World::new(38);
    let mut pair = Pair::new(&mut world);
    let texts: Vec<String> = (0..8).map(|at| pair.send(&mut world.node, at % 2)).collect();
    let before = seen(&mut world.node, &pair);
    if deletes {
        for text in &texts[..4] {
            pair.delete(&mut world.node, 0, text);
        }
        let now = seen(&mut world.node, &pair);
        must(now == before, || "the partner sees that something was deleted".to_owned())?;
        let mut images = vec![world.image()];
        world.node.tick();
        world.node.stop();
        world.node.start();
        images.push(world.image());
        // His copies are what opens yet, and they are all there.
        for text in &texts {
            must(opens(&world, &images, text), || "the partner's copy is gone".to_owned())?;
        }
        assert_eq!(pair.texts(&mut world.node, 0).len(), 4);
    }
    for at in 0..2 {
        pair.say(&mut world.node, at, "and later");
    }
    Ok(seen(&mut world.node, &pair))
}

/// P38, P40: who deletes for himself leaves the other's copies as they were, byte for byte, before and after the tick and
/// a restart; and whatever the other can see is the same as if nothing had been deleted, then and later.
#[test]
fn p38_p40_a_deletion_for_oneself_is_nothing_to_the_other() {
    keeps(
        "conversations::p38_p40_a_deletion_for_oneself_is_nothing_to_the_other",
        &["p38"],
        || -> Verdict {
            let (with, without) = (story(true)?, story(false)?);
            must(with == without, || "the partner can tell that something was deleted".to_owned())
        },
    );
}
