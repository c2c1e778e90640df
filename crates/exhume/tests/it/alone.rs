//! That exhume shares no code with what it looks for mistakes in.

use std::collections::BTreeSet;

const MANIFEST: &str = include_str!("../../Cargo.toml");

fn names(section: &str) -> BTreeSet<&'static str> {
    let (_, after) = MANIFEST.split_once(section).unwrap();
    let lines = after.lines().skip(1).take_while(|line| !line.starts_with('['));
    lines.filter_map(|line| line.split(['.', '=', ' ']).next()).filter(|name| !name.is_empty()).collect()
}

#[test]
fn of_our_crates_it_uses_crypto_only() {
    assert_eq!(names("\n[dependencies]"), BTreeSet::from(["crypto", "fjall"]));
    assert_eq!(names("\n[dev-dependencies]"), BTreeSet::from(["crypto"]));
    // And there is no other section to bring one in.
    assert_eq!(MANIFEST.matches("dependencies").count(), 2);
}
