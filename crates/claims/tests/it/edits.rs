//! P16: whoever can write to the data folder can destroy, and nothing else: rows cannot be swapped, moved, or brought back
//! after a shred; a row that was removed, or put back before it was shredded, is found by the audit.

use crypto::testing::Seeded;
use domain::tables::{DIALOGS, MESSAGES};
use sealed::{AtRest, OwnerTag, RowKey};
use store::{Order, Scan, StoreError, testsuite};

use crate::people::{Pair, Sight};
use crate::red::{Verdict, is_full, keeps, must};
use crate::world::{Node, World};

type Row = (RowKey, AtRest);

fn rows(node: &Node) -> Vec<Row> {
    let all = Scan { from: &[], to: &[0xff; 64], skip: 0, limit: usize::MAX, order: Order::Ascending };
    node.store().engine().view().unwrap().range(&all).unwrap()
}

fn set(node: &Node, key: &RowKey, value: Option<&AtRest>) {
    testsuite::apply(node.store().engine(), &[(key.as_bytes(), value.map(AtRest::as_bytes))]);
}

/// Whether what is seen is the truth, or less of it, or an error; never anything else.
fn is_harmless(seen: &[Result<Sight, StoreError>], truth: &[Sight], own_names: &Sight) -> bool {
    seen.iter().zip(truth).all(|(seen, truth)| match seen {
        Err(_) => true,
        Ok(seen) => {
            let messages = seen.messages.iter().all(|message| truth.messages.contains(message));
            // A person who is not in the book any more is shown by his own name, which is his to show.
            let known = truth.persons.iter().zip(&own_names.persons);
            let persons = seen.persons.len() <= truth.persons.len()
                && seen.persons.iter().all(|seen| {
                    known.clone().any(|(truth, own)| {
                        let is_own = (&seen.0, &seen.1) == (&own.0, &own.1);
                        seen == truth || is_own && (seen.2.is_empty() || seen.2 == truth.2)
                    })
                });
            let devices = seen.devices.iter().all(|device| truth.devices.contains(device));
            let model = seen.model == truth.model || seen.model.is_empty();
            messages && persons && devices && model && seen.contacts <= truth.contacts
        }
    })
}

#[test]
fn p16_edits_show_an_error_or_less_and_never_anything_else() {
    keeps("edits::p16_edits_show_an_error_or_less_and_never_anything_else", &["p16"], edits);
}

fn edits() -> Verdict {
    let mut world = World::new(16);
    let mut pair = Pair::new(&mut world);
    let own_names = pair.look(&mut world.node).swap_remove(1).unwrap();
    assert!(own_names.persons.len() == 2);
    pair.exchange_numbers(&mut world.node);
    let texts: Vec<String> = (0..12).map(|at| pair.send(&mut world.node, at % 2)).collect();
    let mut older = rows(&world.node);
    // New versions of everything, in another incarnation; then the old ones are shredded.
    world.node.stop();
    world.node.start();
    pair.exchange_numbers(&mut world.node);
    texts.iter().step_by(2).for_each(|text| pair.delete_both(&mut world.node, text));
    (0..8).for_each(|at| drop(pair.send(&mut world.node, at % 2)));
    world.node.tick();
    let now = rows(&world.node);
    let lives = |row: &Row| now.contains(row);
    older.retain(|row| !lives(row) && is_shredded(row));
    assert!(older.len() > 10, "{}", older.len());

    let truth: Vec<Sight> = pair.look(&mut world.node).into_iter().map(Result::unwrap).collect();
    assert!(truth[0].messages.len() == 14 && truth[1].persons.len() == 2 && truth[2].contacts == 3);
    let mut dice = Seeded::new(1616);
    let mut noticed = 0;
    let count = if is_full() { 200_000 } else { 2_000 };
    for edit in 0..count {
        let undo = change(&world.node, &now, &older, &mut dice);
        let seen = pair.look(&mut world.node);
        noticed += usize::from(seen.iter().zip(&truth).any(|(seen, truth)| seen.as_ref() != Ok(truth)));
        must(is_harmless(&seen, &truth, &own_names), || format!("edit {edit} shows what is not there"))?;
        undo.iter().for_each(|(key, value)| set(&world.node, key, value.as_ref()));
    }
    let seen: Vec<Sight> = pair.look(&mut world.node).into_iter().map(Result::unwrap).collect();
    assert!(seen == truth && noticed > count / 8, "{noticed} edits were seen at all");
    Ok(())
}

/// Rows whose every version has a number of its own.
fn is_shredded((key, _): &Row) -> bool {
    let table = key.table().unwrap();
    domain::tables::TABLES.iter().any(|info| info.id == table && info.versions == store::Versions::Fresh)
}

/// One edit, and what undoes it.
fn change(node: &Node, now: &[Row], older: &[Row], dice: &mut Seeded) -> Vec<(RowKey, Option<AtRest>)> {
    let (a, b) = (&now[dice.index(now.len())], &now[dice.index(now.len())]);
    let here = |key: &RowKey| now.iter().find(|row| row.0 == *key).map(|row| row.1.clone());
    let moved =
        |key: &RowKey, to: &RowKey| RowKey::read_back([&to.as_bytes()[..12], &key.as_bytes()[12..]].concat());
    let edits: Vec<(RowKey, AtRest)> = match dice.below(5) {
        // Two values change places.
        0 => vec![(a.0.clone(), b.1.clone()), (b.0.clone(), a.1.clone())],
        // The same, in one table: what the values look like is no hindrance.
        1 => {
            let alike: Vec<&Row> = now.iter().filter(|row| row.0.table() == a.0.table()).collect();
            let b = alike[dice.index(alike.len())];
            vec![(a.0.clone(), b.1.clone()), (b.0.clone(), a.1.clone())]
        }
        // A row of one owner becomes one of another.
        2 => vec![(moved(&a.0, &b.0), a.1.clone())],
        // A version from before the shred comes back.
        3 => {
            let (key, value) = &older[dice.index(older.len())];
            vec![(key.clone(), value.clone())]
        }
        // A bit turns over.
        _ => {
            let mut bytes = a.1.as_bytes().to_vec();
            let at = dice.index(bytes.len());
            bytes[at] ^= 1 << dice.below(8);
            vec![(a.0.clone(), AtRest::read_back(bytes))]
        }
    };
    let undo = edits.iter().map(|(key, _)| (key.clone(), here(key))).collect();
    edits.iter().for_each(|(key, value)| set(node, key, Some(value)));
    undo
}

/// What was removed, and an older version that no tick has shredded, makes no error when it is read: the audit sees it.
#[test]
fn p16_the_audit_finds_what_was_removed_or_put_back() {
    let mut world = World::new(161);
    let mut pair = Pair::new(&mut world);
    (0..6).for_each(|at| drop(pair.send(&mut world.node, at % 2)));
    let before = rows(&world.node);
    (0..4).for_each(|at| drop(pair.send(&mut world.node, at % 2)));
    let own = pair.people[0].own_box();
    let wrong = |world: &mut World| world.node.read(|tx| domain::audit::audit(tx, own)).unwrap().wrong.len();
    assert_eq!(wrong(&mut world), 0);
    let names = world.node.up().ring.names().unwrap().owner(OwnerTag::of_box(own));
    let of = |rows: Vec<Row>, table: u16| {
        let mut rows = rows;
        rows.retain(|(key, _)| names.owns(key) && key.table() == Some(table));
        rows
    };
    for table in [MESSAGES.info().id, DIALOGS.info().id] {
        for (key, value) in of(rows(&world.node), table) {
            set(&world.node, &key, None);
            assert!(wrong(&mut world) > 0, "a row of table {table} was removed");
            set(&world.node, &key, Some(&value));
        }
    }
    let now = of(rows(&world.node), DIALOGS.info().id);
    for (key, value) in of(before, DIALOGS.info().id) {
        set(&world.node, &key, Some(&value));
        assert!(wrong(&mut world) > 0, "an older dialog was put back");
        let there = now.iter().find(|row| row.0 == key).unwrap();
        set(&world.node, &key, Some(&there.1));
    }
    assert_eq!(wrong(&mut world), 0);
}
