//! P08: a vault of several operators. Each has a passphrase of his own, and no start is one man's decision.
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;

use crate::process::{Folder, heliograph, run};
use crate::vaults::{say, text};

fn files<'a>(paths: &[&'a Path]) -> Vec<&'a str> {
    paths.iter().flat_map(|path| ["--passphrase-file", text(path)]).collect()
}

#[test]
fn p08_a_vault_of_three_operators_starts_with_any_two_and_with_no_fewer() {
    let folder = Folder::new();
    let paths: Vec<_> = ["a", "b", "c", "d"].map(|name| folder.path().join(name)).into();
    paths
        .iter()
        .for_each(|path| std::fs::write(path, format!("{} words\n", path.display())).expect("a file"));
    let [a, b, c, stranger] = &paths[..] else { unreachable!("four") };
    let place = folder.path().join("vault");
    let make = |quorum: &str, of: &[&Path]| {
        let usual = ["vault", "init", "--folder", text(&place), "--jurisdiction", "IS", "--address", "a:1"];
        run(&usual.into_iter().chain(files(of)).chain(["--quorum", quorum]).collect::<Vec<_>>())
    };
    let never = make("4", &[a, b, c]);
    assert!(String::from_utf8_lossy(&never.stderr).contains("at most all are needed"), "{never:?}");
    assert!(make("2", &[a, b, c]).status.success());
    let serve = ["vault", "serve", "--folder", text(&place), "--listen", "127.0.0.1:0"];
    for (of, why) in [
        (vec![], "with a passphrase only"),
        (vec![a.as_path()], "of 2 operators together"),
        (vec![a, a], "too few of the passphrases"),
        (vec![a, stranger], "too few of the passphrases"),
    ] {
        let output = run(&serve.into_iter().chain(files(&of)).collect::<Vec<_>>());
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && told.contains(why), "{told}");
    }
    for of in [[c, a], [b, c]] {
        let of = of.map(|path| path.as_path());
        let mut child =
            heliograph().args(serve).args(files(&of)).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut word = String::new();
        BufReader::new(child.stdout.take().expect("an output")).read_line(&mut word).expect("a word");
        child.kill().expect("it runs");
        child.wait().expect("it ends");
        assert!(word.starts_with("listening"), "{word}");
    }
    assert!(say(&["vault", "status", "--folder", text(&place)]).starts_with("not running"));
}
