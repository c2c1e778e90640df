//! What a message costs the engine. Writes are what a durable store pays for, so their number is part of the design.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use store::{Embedded, Engine as _, Reads, Settings, Tapped};

use crate::world::World;

/// Both copies, both dialogs, both log rows, and the random id.
#[test]
fn a_message_between_two_is_seven_writes_and_seven_reads_and_a_read_mark_four() {
    let writes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&writes);
    let engine = Arc::new(Tapped::new(Box::new(move |batch| {
        counted.fetch_add(batch.len(), Ordering::Relaxed);
        Ok(())
    })));
    let mut world = World::on(Arc::clone(&engine) as _);
    let [a, b, _] = world.trio();
    let taken = || writes.swap(0, Ordering::Relaxed);
    // Both accounts, the random id and two dialogs; the ends of two logs: what the rule asks, each thing once. That
    // rows are sealed asks for nothing more, but that debug builds look whether what is inserted is new.
    let looks_twice = if cfg!(debug_assertions) { 5 } else { 0 };
    let asked = |more: u64| Reads { gets: 5 + looks_twice + more, ranges: 0, lasts: 2 };
    // Who begins a dialog may have a timer for it, and may have set it then.
    for (text, more) in [("the first one makes the dialogs", 2), ("text", 0)] {
        taken();
        engine.reads();
        world.send(a, b, text);
        assert_eq!((taken(), engine.reads()), (7, asked(more)), "{text}");
    }
    world.send(a, a, "note");
    assert_eq!(taken(), 4);
    world.read_up_to(b, a, 0);
    assert_eq!(taken(), 4, "a dialog and a log row on each side");
    world.read_up_to(b, a, 0);
    assert_eq!(taken(), 0);
}

/// The embedded engine remembers what the message before asked for: only the random id, which is new, is looked up.
#[test]
fn a_warm_message_looks_into_the_tables_once() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cost-{}", std::process::id()));
    let engine = Arc::new(Embedded::open(&folder, &Settings::default()).unwrap());
    let mut world = World::on(Arc::clone(&engine) as _);
    let [a, b, _] = world.trio();
    // The first one makes the dialogs, the second one asks for them.
    for text in ["first", "second"] {
        world.send(a, b, text);
    }
    let looks_twice = if cfg!(debug_assertions) { 5 } else { 0 };
    for (from, to) in [(a, b), (b, a), (a, b)] {
        let before = engine.lookups();
        world.send(from, to, "text");
        assert_eq!(engine.lookups() - before, 1 + looks_twice);
    }
    engine.close();
    std::fs::remove_dir_all(&folder).unwrap();
}
