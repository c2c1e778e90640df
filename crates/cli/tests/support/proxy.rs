//! A network between client and server that can go deaf and can break.
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Forwards connections. Dropping it breaks them.
pub(crate) struct Proxy {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    deaf: Arc<AtomicBool>,
    breaks: watch::Sender<u64>,
}

impl Proxy {
    /// A network to `server`.
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let deaf = Arc::<AtomicBool>::default();
        let (breaks, broken) = watch::channel(0);
        tokio::spawn(accept(listener, server, deaf.clone(), broken));
        Self { address, deaf, breaks }
    }

    /// From now on nothing that the server says arrives, or everything again: on connections made later.
    pub(crate) fn set_deaf(&self, deaf: bool) {
        self.deaf.store(deaf, Ordering::SeqCst);
    }

    /// Breaks all connections; new ones can be made.
    pub(crate) fn cut(&self) {
        self.breaks.send_modify(|count| *count += 1);
    }
}

async fn accept(
    listener: TcpListener,
    server: SocketAddr,
    deaf: Arc<AtomicBool>,
    mut broken: watch::Receiver<u64>,
) {
    loop {
        let client = tokio::select! {
            client = listener.accept() => client,
            gone = owner_gone(broken.clone()) => return gone,
        };
        let Ok((client, _)) = client else { continue };
        let Ok(server) = TcpStream::connect(server).await else { continue };
        broken.mark_unchanged();
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let mut broken = broken.clone();
        let deaf = deaf.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = forward(from_client, to_server, None) => {}
                () = forward(from_server, to_client, Some(&deaf)) => {}
                _ = broken.changed() => {}
            }
        });
    }
}

async fn owner_gone(mut broken: watch::Receiver<u64>) {
    while broken.changed().await.is_ok() {}
}

async fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, deaf: Option<&AtomicBool>) {
    let mut buffer = vec![0; 16 << 10];
    // Once something is lost the rest of the stream makes no sense.
    let mut lost = false;
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        lost |= deaf.is_some_and(|deaf| deaf.load(Ordering::SeqCst));
        if !lost && to.write_all(&buffer[..count]).await.is_err() {
            break;
        }
    }
}
