//! `heliograph bench` measures what it says, with little of everything; the figures of a debug build mean nothing.
use std::process::Command;

/// The lines of the table, without the line about the machine.
fn bench(arguments: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_heliograph")).arg("bench").args(arguments).output();
    let output = output.expect("the binary runs");
    let (table, trouble) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
    let (table, trouble) = (table.expect("text"), trouble.expect("text"));
    assert!(output.status.success(), "{trouble}");
    assert!(table.lines().next().is_some_and(|machine| machine.contains(" cores")), "{table}");
    table.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn the_codec_needs_no_server() {
    let table = bench(&["--quick", "micro"]);
    assert_eq!(table.len(), 3, "{table:?}");
    assert!(table[0].starts_with("encrypt and decrypt 256 bytes"));
}

#[test]
fn idle_connections_are_users_who_wrote_to_each_other() {
    let table = bench(&["--connections", "6", "--idle", "0", "idle"]);
    assert!(table.iter().any(|row| row.starts_with("memory of each of 6 connections, busy")), "{table:?}");
    assert!(table.iter().any(|row| row.starts_with("memory of each, after 0 s idle")), "{table:?}");
}

#[test]
fn an_attack_is_answered_and_refused() {
    let table = bench(&["--attack", "3", "--attack-rate", "60", "hostile"]);
    let figure = |name: &str| {
        let row = table.iter().find_map(|row| row.strip_prefix(name)).expect("a row").replace(',', "");
        row.split_whitespace().next().and_then(|number| number.parse::<f64>().ok()).expect("a number")
    };
    assert!(figure("hostile handshakes begun") > 0.0);
    assert!(figure("of these answered with a g_a") > 0.0);
    assert!(figure("messages of logged-in users") > 0.0);
}
