//! The generator's output for a toy schema, as a snapshot: what typed code looks like, and that it changes only on purpose.
//!
//! `TL_SNAPSHOT=write cargo test -p tl --test generator` writes it anew; read the difference before committing it.
#![allow(
    clippy::panic,
    clippy::expect_used,
    dead_code,
    reason = "a test fails by panicking and uses a part of the build"
)]

#[path = "../build/body.rs"]
mod body;
#[path = "../build/names.rs"]
mod names;
#[path = "../build/plain.rs"]
mod plain;
#[path = "../build/reach.rs"]
mod reach;
#[path = "../build/schema.rs"]
mod schema;
#[path = "../build/shape.rs"]
mod shape;
#[path = "../build/typed.rs"]
mod typed;

use schema::Def;

const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toy/snapshot.rs.txt");

#[test]
fn a_toy_schema_generates_what_it_did() {
    let defs = schema::parse(include_str!("toy/toy.tl"));
    let defs: Vec<&Def> = defs.iter().collect();
    let functions = defs.iter().copied().filter(|def| def.function).collect();
    let picture = reach::reach(&defs, functions, &["Moistures"]);
    let code = typed::emit("crate::toy", &picture, 40);
    if std::env::var_os("TL_SNAPSHOT").is_some() {
        std::fs::write(SNAPSHOT, &code).expect("the snapshot can be written");
    }
    let expected = std::fs::read_to_string(SNAPSHOT).expect("the snapshot is in the repository");
    let lines = code.lines().zip(expected.lines()).enumerate();
    for (number, (now, then)) in lines {
        assert_eq!(now, then, "line {} differs from the snapshot", number + 1);
    }
    assert_eq!(code.len(), expected.len());
}
