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

/// Trips are the same in every build too.
#[test]
fn a_cold_account_takes_two_trips_to_its_vaults_and_a_warm_one_none() {
    let table = bench(&["--quick", "distant"]);
    let figure = |name: &str| {
        let row = table.iter().find_map(|row| row.strip_prefix(name)).expect(name).replace(',', "");
        row.split_whitespace().next().and_then(|number| number.parse::<f64>().ok()).expect("a number")
    };
    assert!(figure("a cold account, five vaults at 50 ms, to its first answer, median") >= 50.0, "{table:?}");
    let trips = figure("trips for it, median");
    assert!((1.0..=2.0).contains(&trips), "{table:?}");
    assert!(figure("50 cold accounts at once, all back") > 0.0);
}

/// Counts are the same in every build; times are not looked at.
#[test]
fn the_sealed_store_is_measured_without_a_server() {
    let sizes = ["--quick", "--records", "2000", "--boxes", "12", "--messages", "128"];
    let table = bench(&[&sizes[..], &["store"]].concat());
    let row = |name: &str| table.iter().find(|row| row.starts_with(name)).expect("a row").as_str();
    let figure = |name: &str| {
        let words = row(name).strip_prefix(name).expect("a name").replace(',', "");
        words.split_whitespace().next().and_then(|number| number.parse::<f64>().ok()).expect("a number")
    };
    assert!(figure("bytes that sealing adds to a row") <= 48.0);
    assert!((figure("puts of a message") - 7.0).abs() < 0.01);
    assert!(figure("a tick without deletions: requests and commits") < 0.01);
    assert!(figure("a tick of 2 random deletions among 2000 records") > 0.0);
    assert!(figure("a tick of 12 boxes, vaults one after another") > 0.0);
    assert!(figure("commits of 64 senders at once, of the bare engine's") > 0.0);
    assert!(figure("the same, maintained so often") >= 1.0);
    assert!(figure("a message on the disk, both copies") > 0.0);
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

#[test]
fn messages_are_answered_after_a_sync_and_delivered() {
    let sizes = ["--pairs", "2", "--under-way", "2", "--message-rate", "40", "--talk", "2"];
    let table = bench(&[&sizes[..], &["messages"]].concat());
    let figure = |name: &str| {
        let row = table.iter().find_map(|row| row.strip_prefix(name)).expect("a row").replace(',', "");
        row.split_whitespace().next().and_then(|number| number.parse::<f64>().ok()).expect("a number")
    };
    assert!(figure("messages of 2 pairs, answered durable and delivered") > 0.0);
    assert!(figure("of it for one message, handler") > 0.0, "{table:?}");
    // Four senders with two messages each share a sync of eight at most; at forty a second nobody shares much.
    assert!(figure("syncs for one message") > 0.1, "{table:?}");
    let steady = figure("messages at a steady rate");
    assert!((20.0..60.0).contains(&steady), "{table:?}");
    assert!(figure("call to answer of these, median") <= figure("call to answer of these, 99 of 100"));
}

#[test]
fn pages_dialogs_sessions_and_returns_are_measured_over_the_wire() {
    let sizes = ["--quick", "--history", "1000", "--chats", "3", "--sessions", "3", "--clients", "4"];
    let table = bench(&[&sizes[..], &["history", "dialogs", "fan-out", "returns"]].concat());
    let figure = |name: &str| {
        let row = table.iter().find_map(|row| row.strip_prefix(name)).expect(name).replace(',', "");
        row.split_whitespace().next().and_then(|number| number.parse::<f64>().ok()).expect("a number")
    };
    for which in ["newest", "any"] {
        let page = format!("{which} page of 50 in a chat of 1000 messages");
        assert!(figure(&format!("{page}, median")) <= figure(&format!("{page}, 99 of 100")));
    }
    assert!(figure("first page of 3 chats, median") > 0.0);
    assert!(figure("one message to 3 sessions, call to the last of them, median") > 0.0);
    assert!(figure("clients back with a known key") > 0.0);
    for keys in ["permanent", "temporary"] {
        assert!(figure(&format!("4 clients with {keys} keys after a crash, 95 of 100 back")) > 0.0);
    }
}
