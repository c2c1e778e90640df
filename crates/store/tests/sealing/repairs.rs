//! A store that was found behind: nobody reads a box before it is repaired.

use ids::MsgId;
use sealed::Need;
use store::{Store, StoreError};

use crate::world::{NOTES, ONE, OWN, World, note};

#[test]
fn a_box_is_not_read_before_its_repair() {
    let world = World::new();
    world.act(|tx| tx.insert(&NOTES, OWN, &ONE, &note("text")));
    assert_eq!(world.store.load_repairs(), Ok(0));
    for generation in 1..3 {
        world.store.mark_behind().unwrap();
        let read = || world.store.read(|tx| tx.get(&NOTES, OWN, &ONE).map(|row| row.is_some()));
        let ran = read();
        assert_eq!((ran.result, ran.needs), (Err(StoreError::NeedKeys), vec![Need::Box(OWN)]));
        let ran = world.store.write(|tx| tx.enter(&[OWN]));
        assert_eq!((ran.result, ran.needs), (Err(StoreError::NeedKeys), vec![Need::Box(OWN)]));

        let repair = |done: bool| {
            let ran = world.store.write(|tx| {
                tx.enter_for_repair(OWN)?;
                let needed = tx.needs_repair(OWN)?;
                if done {
                    tx.repaired(OWN)?;
                }
                Ok::<_, StoreError>(needed)
            });
            ran.result.unwrap()
        };
        assert!(repair(false) && repair(true) && !repair(false));
        assert_eq!(read().result, Ok(true));
        // A process that starts later knows it too, and finds the box repaired.
        let later = Store::new(std::sync::Arc::clone(&world.engine) as _, store::testing::door());
        assert_eq!(later.load_repairs(), Ok(generation));
        assert!(later.read(|tx| tx.get(&NOTES, OWN, &ONE)).result.unwrap().is_some());
    }
    // A box that was born since needs none.
    let born = world.store.write(|tx| {
        let of = tx.take_blank()?;
        tx.insert(&NOTES, of, &MsgId(1), &note("born"))?;
        Ok::<_, StoreError>(of)
    });
    let of = born.result.unwrap();
    assert!(world.store.read(|tx| tx.get(&NOTES, of, &MsgId(1))).result.unwrap().is_some());
}
