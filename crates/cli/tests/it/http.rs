//! The HTTP side, and HTTP where it does not belong.
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use crate::peer::connect_from;
use crate::process::Server;

#[test]
fn the_page_says_what_this_is() {
    let server = Server::start();
    let page = server.http_get("/", "");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("speaks MTProto"), "{page}");
    assert!(!page.to_lowercase().contains("set-cookie"));
    assert!(server.http_get("/nothing", "").starts_with("HTTP/1.1 404"));
}

#[test]
fn the_inbox_is_for_development_on_this_machine_only() {
    let dev = Server::start();
    assert!(dev.http_get("/dev/inbox/+999123", "").ends_with("\r\n\r\n[]"));
    for proxied in [
        "X-Forwarded-For: 203.0.113.9\r\n",
        "X-Real-IP: 203.0.113.9\r\n",
        "Via: 1.1 front\r\n",
        "Forwarded: for=203.0.113.9\r\n",
    ] {
        assert!(dev.http_get("/dev/inbox/+999123", proxied).starts_with("HTTP/1.1 404"), "{proxied}");
    }
    // nginx as it comes: no header of its own, and the address behind it as the host.
    let mut nginx = TcpStream::connect(dev.http).expect("HTTP is reached");
    write!(nginx, "GET /dev/inbox/999123 HTTP/1.0\r\nHost: {}\r\nConnection: close\r\n\r\n", dev.http)
        .expect("sent");
    let mut answer = String::new();
    nginx.read_to_string(&mut answer).expect("an answer");
    assert!(answer.contains(" 404 "), "{answer}");
    let mut rebound = TcpStream::connect(dev.http).expect("HTTP is reached");
    write!(rebound, "GET /dev/inbox/1 HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
        .expect("sent");
    let mut answer = String::new();
    rebound.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

#[test]
fn http_on_the_port_of_mtproto_is_told_so() {
    let server = Server::start();
    for words in ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST /api HTTP/1.1\r\nContent-Length: 0\r\n\r\n"] {
        let mut stream = connect_from(Ipv4Addr::LOCALHOST, server.mtproto).expect("the server is reached");
        stream.write_all(words.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer, then the end");
        assert!(answer.starts_with("HTTP/1.1 501 Not Implemented\r\n"), "{answer}");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{answer}");
    }
}

#[test]
fn a_request_that_is_dripped_or_too_large_ends() {
    let server = Server::start();
    let mut stream = connect_from(Ipv4Addr::LOCALHOST, server.http).expect("HTTP is reached");
    let endless = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}", "x".repeat(64 * 1024));
    // The server may close before all of it is sent.
    let _ = stream.write_all(endless.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.starts_with(b"HTTP/1.1 431") || answer.is_empty());
}
