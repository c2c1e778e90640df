//! Sockets without a runtime: for measurements, and for thousands at once.
use std::io::Read;
use std::net::{IpAddr, SocketAddr, TcpStream};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};

use crate::support::PATIENCE;

/// Connects from an address of the loopback network.
pub(crate) fn connect(from: IpAddr, to: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::new(from, 0).into()).expect("an address of loopback");
    socket.connect(&to.into()).expect("a connection");
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    stream.set_nodelay(true).expect("small packets leave at once");
    stream
}

/// All that comes until the peer closes, however it does.
pub(crate) fn to_the_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
        Err(error) => panic!("the peer did not close: {error}"),
    }
    bytes
}

/// How many files this process may have open, after raising the limit as far as it goes.
pub(crate) fn files() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let reached = if setrlimit(Resource::Nofile, wanted).is_ok() { limit.maximum } else { limit.current };
    reached.map_or(usize::MAX, |files| files as usize)
}
