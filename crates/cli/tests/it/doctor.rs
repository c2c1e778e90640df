//! `heliograph doctor` against servers that are well and servers that are not.
use std::net::TcpListener;

use crate::process::{Server, run};

/// What doctor says, and whether it is content.
fn doctor(arguments: &[&str]) -> (String, bool) {
    let ended = run(&[&["doctor"], arguments].concat());
    let told = String::from_utf8(ended.stdout).expect("text");
    assert_eq!(told.lines().count(), 1, "one sentence: {told}");
    (told, ended.status.code() == Some(0))
}

#[test]
fn each_thing_that_keeps_a_client_away_is_named() {
    let (server, other) = (Server::start(), Server::start());
    let (address, http) = (server.mtproto.to_string(), server.http.to_string());
    let key = server.public_key.to_str().expect("a path");
    let other_key = other.public_key.to_str().expect("a path");
    let nobody =
        TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").to_string();
    for (arguments, words, well) in [
        (&["--server", &address, "--key", key][..], "All is well", true),
        (&["--server", &address, "--key", key, "--dc", "4", "--layer", "158"], "All is well", true),
        (&["--server", &address], "over every transport", true),
        (&["--server", &address, "--key", other_key], "another RSA key", false),
        (&["--server", &address, "--key", key, "--dc", "7"], "does not play data centre 7", false),
        (&["--server", &address, "--key", key, "--layer", "999"], "speaks layer 999, newer", false),
        (&["--server", &address, "--key", key, "--layer", "100"], "speaks layer 100, older", false),
        (&["--server", &http, "--key", key], "An HTTP server answers", false),
        (&["--server", &nobody, "--key", key], "Nothing listens", false),
        (&["--server", "host.invalid:443", "--key", key], "has no address", false),
    ] {
        let (told, content) = doctor(arguments);
        assert!(told.contains(words) && content == well, "{arguments:?}: {told}");
    }
}

#[test]
fn something_else_on_the_port_is_told_from_mtproto() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            drop(stream);
        }
    });
    let (told, content) = doctor(&["--server", &address]);
    assert!(told.contains("does not speak MTProto") && !content, "{told}");
}
