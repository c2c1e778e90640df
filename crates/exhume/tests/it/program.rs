//! The program prints numbers, and plaintext only when it is asked to.

use std::process::{Command, Output};

use crate::folder::Folder;
use crate::writer::{Of, World};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_exhume")).args(arguments).output().unwrap()
}

#[test]
fn plaintext_is_printed_only_on_demand() {
    let mut world = World::new(2, 3);
    world.mint_box(77);
    world.write(Of::Box(77), 5, b"suffix", b"a canary in a coal mine");
    let data = world.data_folder();
    let vaults = [0, 1].map(|vault| world.vault_folder(vault));
    let paths: Vec<&str> = [&data, &vaults[0], &vaults[1]]
        .into_iter()
        .map(Folder::path)
        .map(|path| path.to_str().unwrap())
        .collect();
    let base = ["--data", paths[0], "--vault", paths[1], paths[2], "--id", "77", "--find", "coal"];
    let output = run(&base);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(
        text.contains("rows with \"coal\": 1") && text.contains("opened of boxes, table 0x0005: 1"),
        "{text}"
    );
    let plaintext = "a canary in a coal mine".bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert!(!text.contains("canary") && !text.contains(&plaintext), "{text}");
    let printed = run(&[&base[..], &["--print"]].concat());
    assert!(String::from_utf8(printed.stdout).unwrap().contains(&format!("Box(77) 0x0005 {plaintext}")));
}

#[test]
fn what_makes_no_sense_is_refused() {
    for arguments in
        [&[][..], &["--vault", "x"], &["x"], &["--data", "x", "--id", "no"], &["--data", "x", "--sell"]]
    {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
    assert_eq!(run(&["--data", "there-is-no-such-folder"]).status.code(), Some(1));
}
