//! Listening sockets and what is set on every accepted one.
use std::net::SocketAddr;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};

/// File descriptors kept for everything that is not a client connection: listeners, files, the runtime.
const OTHER_FILES: u64 = 64;
/// Silence after which the kernel probes whether the peer is still there, and how it goes on: a peer that vanished
/// is noticed within four minutes without a byte of memory for it in this process.
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(120))
    .with_interval(Duration::from_secs(30))
    .with_retries(4);

/// Listens with the longest backlog the system allows: with tokio's 1,024 a crowd that reconnects at once is
/// answered by resets and one-second retries. What every connection is to have is set here as well.
pub(crate) fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    tune(&SockRef::from(&socket));
    socket.bind(&address.into())?;
    // The kernel cuts this down to its own maximum (net.core.somaxconn).
    socket.listen(i32::MAX)?;
    TcpListener::from_std(socket.into())
}

/// For a connection that was just accepted. Linux hands on what its listener has: five calls less for each of a flood.
pub(crate) fn accepted(stream: &TcpStream) {
    if cfg!(not(target_os = "linux")) {
        tune(&SockRef::from(stream));
    }
}

/// Small answers leave at once, dead peers are noticed.
fn tune(socket: &SockRef<'_>) {
    // Neither failing matters: the connection works, only less well.
    let _ = socket.set_tcp_nodelay(true);
    let _ = socket.set_tcp_keepalive(&KEEPALIVE);
}

/// Raises the limit of open files as far as it goes, and says how many connections fit.
pub(crate) fn connections_that_fit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let reached = if setrlimit(Resource::Nofile, wanted).is_ok() { limit.maximum } else { limit.current };
    reached.unwrap_or(u64::from(u32::MAX)).saturating_sub(OTHER_FILES).max(16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_has_what_its_listener_was_given() {
        let reactor = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a reactor");
        reactor.block_on(async {
            let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
            let address = listener.local_addr().expect("bound");
            let (client, taken) = tokio::join!(TcpStream::connect(address), listener.accept());
            let (_client, (stream, _)) = (client.expect("it listens"), taken.expect("somebody came"));
            accepted(&stream);
            let socket = SockRef::from(&stream);
            assert!(stream.nodelay().expect("known") && socket.keepalive().expect("known"));
            assert_eq!(socket.tcp_keepalive_time().expect("known"), Duration::from_secs(120));
            assert_eq!(socket.tcp_keepalive_interval().expect("known"), Duration::from_secs(30));
            assert_eq!(socket.tcp_keepalive_retries().expect("known"), 4);
        });
    }
}
