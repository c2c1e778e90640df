//! What a message costs the engine. Writes are what a durable store pays for, so their number is part of the design.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use store::Tapped;

use crate::world::World;

/// Both copies, both dialogs, both log rows, and the random id.
#[test]
fn a_message_between_two_is_seven_writes_and_a_read_four() {
    let writes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&writes);
    let engine = Arc::new(Tapped::new(Box::new(move |batch| {
        counted.fetch_add(batch.len(), Ordering::Relaxed);
        Ok(())
    })));
    let mut world = World::on(Arc::clone(&engine) as _);
    let [a, b, _] = world.trio();
    let taken = || writes.swap(0, Ordering::Relaxed);
    // The recipient's account, the random id and two dialogs; the ends of two logs, one of them in both steps of a delivery:
    // what the rule asks. That rows are sealed asks for nothing more, but that debug builds look whether what is inserted
    // is new.
    let looks_twice = if cfg!(debug_assertions) { 5 } else { 0 };
    for text in ["the first one makes the dialogs", "text"] {
        taken();
        engine.reads();
        world.send(a, b, text);
        assert_eq!((taken(), engine.reads()), (7, (4 + looks_twice, 3)), "{text}");
    }
    world.send(a, a, "note");
    assert_eq!(taken(), 4);
    world.read_up_to(b, a, 0);
    assert_eq!(taken(), 4, "a dialog and a log row on each side");
    world.read_up_to(b, a, 0);
    assert_eq!(taken(), 0);
}
