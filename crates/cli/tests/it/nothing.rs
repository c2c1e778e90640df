//! The program that is given to people has no breach in it (docs/claims.md): what chooses one is looked for in the binary.
//!
//! Red on a build with the feature `sabotage` if the words below are not those of the breaches any more, and on one without
//! it if they are there. `cargo test --release --package cli --test it nothing` judges a release.

/// What a program with breaches has: the variable that it looks at, and the place for the choice.
const TRACES: [&str; 2] = ["HELIOGRAPH_SABOTAGE", "there is no such breach"];

#[test]
fn breaches_are_in_the_program_when_they_were_asked_for_and_never_else() {
    let program = std::fs::read(env!("CARGO_BIN_EXE_heliograph")).expect("the binary under test");
    let holds = |word: &str| program.windows(word.len()).any(|window| window == word.as_bytes());
    assert!(holds("HELIOGRAPH_CONFIG"), "words are looked for in the wrong place");
    for trace in TRACES {
        assert_eq!(holds(trace), cfg!(feature = "sabotage"), "{trace}");
    }
}
