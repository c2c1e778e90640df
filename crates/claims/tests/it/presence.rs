//! P06: no row tells when somebody was there. A row holds the number of a day, so that whoever opens everything with all vaults
//! finds the same whatever the time of that day.

use domain::presence;
use exhume::Opened;
use ids::UnixTime;

use crate::people::Pair;
use crate::promises::{paths, vaults};
use crate::red::{Verdict, keeps, must};
use crate::world::World;

/// What opens after two people were there at these seconds of a day, each version of each row.
fn after(seconds: &[i64]) -> Vec<(u16, Vec<u8>)> {
    let mut world = World::new(66);
    let mut pair = Pair::new(&mut world);
    pair.send(&mut world.node, 0);
    // A day of its own, so that the first of these is the first time that anything is written of it.
    let midnight = (world.node.now.0 / 86_400 + 1) * 86_400;
    for second in seconds {
        let now = UnixTime(midnight + second);
        for by in pair.people {
            let is_marked = world.node.read(|tx| presence::is_marked(tx, by, now)).unwrap();
            if !is_marked {
                world.node.write(|tx| presence::mark(tx, by, now)).unwrap();
            }
        }
    }
    world.node.sync();
    let images = [world.image()];
    let found = world.dig(paths(&images), vaults(&images[0]));
    let mut rows: Vec<_> =
        found.opened.into_iter().map(|Opened { table, plaintext, .. }| (table, plaintext)).collect();
    rows.sort();
    rows
}

#[test]
fn p06_no_row_tells_when_somebody_was_there() {
    keeps("presence::p06_no_row_tells_when_somebody_was_there", &["p06-seen"], || -> Verdict {
        let at_midnight = after(&[0]);
        let accounts = domain::tables::ACCOUNTS.info().id;
        let of_accounts = at_midnight.iter().filter(|(table, _)| *table == accounts).count();
        assert!(of_accounts >= 4, "both accounts, before and after: this test has no power");
        assert!(after(&[86_400]) != at_midnight, "the day itself is kept");
        for seconds in [&[86_399][..], &[5, 12_345, 86_000]] {
            must(after(seconds) == at_midnight, || "rows tell the time of a day".to_owned())?;
        }
        Ok(())
    });
}
