//! Accept loops of the two ports.
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::connection::{Carrier, Phase, drive};
use crate::http;
use crate::log::{Count, Event};
use crate::node::Node;
use crate::sockets;

/// Pause after a failed accept: most likely no file descriptor is free, and trying at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Failed accepts between two lines of the log.
const FAILURES_PER_LINE: u64 = 100;

/// Takes connections of MTProto until the process stops.
pub(crate) async fn accept_mtproto(node: Arc<Node>, listener: TcpListener, phase: watch::Receiver<Phase>) {
    accept(&node.clone(), listener, phase.clone(), |stream, peer| {
        start(&node, stream, peer, Carrier::Tcp, Vec::new(), &phase);
    })
    .await;
}

/// Takes connections of HTTP until the process stops.
pub(crate) async fn accept_http(
    node: Arc<Node>,
    listener: TcpListener,
    router: Router,
    phase: watch::Receiver<Phase>,
) {
    accept(&node.clone(), listener, phase, |stream, peer| match node.admission.admit(peer.ip()) {
        Ok(admitted) => {
            let router = router.clone();
            tokio::spawn(async move {
                http::serve_connection(stream, peer, router).await;
                drop(admitted);
            });
        }
        Err(why) => node.log.event(&Event::Refused { why }),
    })
    .await;
}

/// Hands upgraded connections to the driver.
pub(crate) struct Websockets {
    pub(crate) node: Arc<Node>,
    pub(crate) phase: watch::Receiver<Phase>,
}

impl http::Upgraded for Websockets {
    fn take(&self, stream: TcpStream, unread: &[u8], peer: SocketAddr) {
        start(&self.node, stream, peer, Carrier::Websocket, unread.to_vec(), &self.phase);
    }
}

async fn accept(
    node: &Node,
    listener: TcpListener,
    mut phase: watch::Receiver<Phase>,
    take: impl Fn(TcpStream, SocketAddr),
) {
    let mut failures: u64 = 0;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = phase.wait_for(|phase| *phase > Phase::Running) => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                sockets::accepted(&stream);
                take(stream, peer);
            }
            Err(_) => {
                if failures.is_multiple_of(FAILURES_PER_LINE) {
                    node.log.event(&Event::AcceptFailed { times: Count(failures + 1) });
                }
                failures += 1;
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn start(
    node: &Arc<Node>,
    stream: TcpStream,
    peer: SocketAddr,
    carrier: Carrier,
    unread: Vec<u8>,
    phase: &watch::Receiver<Phase>,
) {
    match node.admission.admit(peer.ip()) {
        Ok(admitted) => {
            drop(tokio::spawn(drive(node.clone(), stream, carrier, unread, admitted, phase.clone())))
        }
        // The stream is dropped, which closes it: whoever opens too many learns nothing else.
        Err(why) => node.log.event(&Event::Refused { why }),
    }
}
