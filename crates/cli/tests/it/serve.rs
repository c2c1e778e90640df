//! Start and stop: the contract that scripts rely on.
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use crypto::rsa::PublicKey;

use crate::peer::{HERE, PERMANENT, Peer};
use crate::process::{Folder, Server, heliograph, run, wait_for};

#[test]
fn the_ready_file_says_where_everything_is_and_it_answers() {
    let server = Server::start();
    assert_eq!(server.dc, 2);
    assert!(server.mtproto.ip().is_loopback() && server.mtproto.port() != 0);
    assert!(server.http_get("/healthz", "").ends_with("\r\n\r\nok\n"));
    assert!(Peer::simple(&server, HERE).make_key(PERMANENT).is_some());
    let pem = std::fs::read_to_string(&server.public_key).expect("the key is there");
    assert_eq!(pem.trim_end().len(), 425, "the length of the keys built into clients");
    let key = PublicKey::from_pem(&pem).expect("a PKCS#1 PEM");
    assert_ne!(key.fingerprint() >> 60, 0, "some clients print fingerprints without leading zeros");
}

#[test]
fn both_signals_end_it_in_order() {
    for signal in ["TERM", "INT"] {
        let server = Server::start();
        let mut peer = Peer::introduced(&server, HERE);
        peer.call(&tl::help::GetConfig {}).expect("an answer");
        let (mtproto, http) = (server.mtproto, server.http);
        let ended = server.stopped_by(signal);
        assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
        assert!(ended.stderr.contains("Stopped. clean=true"), "{}", ended.stderr);
        assert!(ended.stdout.contains("Heliograph answers.") && ended.stdout.contains(&mtproto.to_string()));
        assert!(!ended.folder.path().join("ready.json").exists(), "a ready file that is there is true");
        assert!(TcpStream::connect(mtproto).is_err() && TcpStream::connect(http).is_err());
        assert!(peer.next().is_err(), "the connection was closed");
    }
}

#[test]
fn it_runs_on_when_nobody_takes_its_output() {
    let folder = Folder::new();
    let ready = folder.path().join("ready.json");
    let mut child = heliograph()
        .args(["serve", "--dev", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--log-level", "trace"])
        .arg("--data")
        .arg(folder.path().join("data"))
        .arg("--ready-file")
        .arg(&ready)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the server starts");
    drop((child.stdout.take(), child.stderr.take()));
    let text = wait_for("the ready file", || std::fs::read_to_string(&ready).ok());
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    for _ in 0..20 {
        let mtproto = value["mtproto"].as_str().expect("host and port");
        drop(TcpStream::connect(mtproto).expect("the server is reached"));
    }
    let terminated = Command::new("kill").arg(child.id().to_string()).status().expect("kill runs");
    assert!(terminated.success());
    let status = wait_for("the end of the server", || child.try_wait().expect("a child"));
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_second_server_on_the_same_data_is_refused_in_a_sentence() {
    let server = Server::start();
    let data = server.data();
    let second = heliograph()
        .args(["serve", "--dev", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data"])
        .arg(&data)
        .output()
        .expect("the binary runs");
    assert_eq!(second.status.code(), Some(1));
    let told = String::from_utf8(second.stderr).expect("text");
    assert!(told.contains("another server already runs on the data folder"), "{told}");
    assert!(server.http_get("/healthz", "").contains("ok"), "the first one goes on");
}

#[test]
fn it_starts_again_after_a_kill_with_the_same_key() {
    let server = Server::start();
    let key = std::fs::read_to_string(&server.public_key).expect("a key");
    let ended = server.stopped_by("KILL");
    assert!(ended.folder.path().join("ready.json").exists(), "nobody could remove it");
    let again = Server::in_folder(ended.folder, &["--dev"]);
    assert_eq!(std::fs::read_to_string(&again.public_key).expect("a key"), key);
    assert!(Peer::simple(&again, HERE).make_key(PERMANENT).is_some());
    assert!(again.metrics().contains("heliograph_connections"));
}

#[test]
fn what_it_keeps_is_its_owners_alone() {
    let server = Server::start();
    let mode = |name: &str| {
        let path = server.data().join(name);
        std::fs::metadata(path).expect("a file").permissions().mode() & 0o777
    };
    assert_eq!(
        (mode(""), mode("metrics.sock"), mode("admin.sock"), mode("../data-vaults")),
        (0o700, 0o600, 0o600, 0o700)
    );
    for name in ["local", "server.key", "../data-vaults/1/root"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
}

#[test]
fn t18_a_key_in_clear_is_taken_over_and_erased_and_one_that_others_can_read_is_refused() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).expect("a folder");
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o700)).expect("a mode");
    let key = crypto::rsa::PrivateKey::generate_for_clients();
    let clear = data.join("server.key.pem");
    std::fs::write(&clear, key.to_pem().as_bytes()).expect("a file");
    std::fs::set_permissions(&clear, std::fs::Permissions::from_mode(0o644)).expect("a mode");
    let exposed = run(&[
        "serve",
        "--dev",
        "--listen",
        "127.0.0.1:0",
        "--http",
        "127.0.0.1:0",
        "--data",
        data.to_str().expect("a path"),
    ]);
    assert_eq!(exposed.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&exposed.stderr).contains("can be read by other users"));
    std::fs::set_permissions(&clear, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    let server = Server::in_folder(folder, &["--dev"]);
    let public = std::fs::read_to_string(&server.public_key).expect("a key");
    assert_eq!(public, key.public().to_pem());
    assert!(!clear.exists(), "it is not in clear any more");
    let again = Server::in_folder(server.stopped_by("KILL").folder, &["--dev"]);
    assert_eq!(std::fs::read_to_string(&again.public_key).expect("a key"), public);
}

#[test]
fn the_banner_is_honest() {
    let dev = Server::start().stopped_by("TERM");
    assert!(dev.stderr.contains("protect nothing from whoever owns it"), "{}", dev.stderr);
    assert!(dev.stderr.contains("Development mode"), "{}", dev.stderr);
    // It breaks its lines where they are full.
    let said = dev.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("kept in") && said.contains("protect nothing from whoever"), "{said}");
}

#[test]
fn without_vaults_nothing_starts() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let data = data.to_str().expect("a path");
    for _ in 0..2 {
        let ended = run(&["serve", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", data]);
        assert_eq!(ended.status.code(), Some(1));
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(told.contains("no vaults are named"), "{told}");
    }
}

#[test]
fn what_is_wrong_with_the_configuration_is_said_and_nothing_starts() {
    let folder = Folder::new();
    let file = folder.path().join("h.toml");
    std::fs::write(&file, "[limits]\nconections = 5\n").expect("a file");
    let file = file.to_str().expect("a path");
    for (arguments, words) in [
        (&["serve", "--config", file][..], "unknown field `conections`"),
        (&["serve", "--set", "dc"], "there is no setting dc"),
        (&["serve", "--dc", "9"], "dc must be 1 to 5"),
        (&["serve", "--listen", "0.0.0.0:0"], "set advertise"),
    ] {
        let ended = run(arguments);
        assert_eq!(ended.status.code(), Some(1));
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(told.contains(words), "{told}");
    }
    assert_eq!(run(&["serve", "--no-such-flag"]).status.code(), Some(2));
}

#[test]
fn a_taken_port_is_named() {
    let server = Server::start();
    let data = Folder::new();
    let taken = server.mtproto.to_string();
    let ended = heliograph()
        .args(["serve", "--dev", "--listen", &taken, "--http", "127.0.0.1:0", "--data"])
        .arg(data.path())
        .output()
        .expect("the binary runs");
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ended.stderr).contains(&format!("cannot listen on {taken}")));
}
