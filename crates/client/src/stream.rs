//! Bytes to and from a server, over TCP or a WebSocket; nothing of MTProto.
use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use tokio::io::Interest;
use tokio::net::{TcpSocket, TcpStream};

use crate::error::WireError;
use crate::options::{Carrier, Options};
use crate::websocket::{self, Upgrade, WebSocket};

/// Bytes read at a time.
const READ_BYTES: usize = 16 << 10;

/// A connection as a byte stream. It holds what was written and not yet taken by the system, and nothing else.
pub struct Stream {
    tcp: TcpStream,
    websocket: Option<Box<WebSocket>>,
    /// What came behind the answer to the upgrade.
    early: Vec<u8>,
    out: Vec<u8>,
    written: usize,
}

impl Stream {
    /// Connects, from `options.local` if that is given, and asks for a WebSocket if one is wanted.
    pub async fn connect(options: &Options) -> Result<Self, WireError> {
        let socket = if options.address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        if let Some(local) = options.local {
            socket.bind(SocketAddr::new(local, 0))?;
        }
        let tcp = socket.connect(options.address).await?;
        tcp.set_nodelay(true)?;
        let mut stream = Self { tcp, websocket: None, early: Vec::new(), out: Vec::new(), written: 0 };
        if options.carrier == Carrier::WebSocket {
            stream.upgrade(options.address).await?;
        }
        Ok(stream)
    }

    async fn upgrade(&mut self, host: SocketAddr) -> Result<(), WireError> {
        let (mut upgrade, request) = Upgrade::ask(host);
        self.send(request.as_bytes());
        loop {
            let input = self.receive().await?;
            if input.is_empty() {
                return Err(WireError::NoWebSocket);
            }
            if let Some(rest) = upgrade.take(&input).map_err(|_| WireError::NoWebSocket)? {
                self.early = rest;
                self.websocket = Some(Box::default());
                return Ok(());
            }
        }
    }

    /// Queues bytes, on a WebSocket as one message. They leave while [`Stream::receive`] or [`Stream::flush`] waits.
    pub fn send(&mut self, bytes: &[u8]) {
        if self.websocket.is_some() {
            websocket::message(bytes, &mut self.out);
        } else {
            self.out.extend_from_slice(bytes);
        }
    }

    /// Waits until the system has taken all that was queued. Dropping the future loses nothing.
    pub async fn flush(&mut self) -> io::Result<()> {
        while !self.write()? {
            self.tcp.writable().await?;
        }
        Ok(())
    }

    /// Waits for the next bytes and writes meanwhile; empty at the end. Dropping the future loses nothing.
    pub async fn receive(&mut self) -> io::Result<Vec<u8>> {
        loop {
            let written = self.write()?;
            let early = std::mem::take(&mut self.early);
            if !early.is_empty() {
                match self.unwrapped(early) {
                    // There may be something to write now.
                    Some(payload) if payload.is_empty() => continue,
                    Some(payload) => return Ok(payload),
                    None => return Ok(Vec::new()),
                }
            }
            let interest = if written { Interest::READABLE } else { Interest::READABLE | Interest::WRITABLE };
            if !self.tcp.ready(interest).await?.is_readable() {
                continue;
            }
            match self.read() {
                Ok(bytes) if bytes.is_empty() => return Ok(bytes),
                Ok(bytes) => self.early = bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Our address of the connection.
    pub fn local(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Payload of what was read; nothing at the end of a WebSocket.
    fn unwrapped(&mut self, bytes: Vec<u8>) -> Option<Vec<u8>> {
        let Some(websocket) = &mut self.websocket else { return Some(bytes) };
        let mut payload = Vec::new();
        let taken = websocket.receive(&bytes, &mut self.out, &mut payload);
        // What came before a close still counts.
        if taken.is_err() && payload.is_empty() { None } else { Some(payload) }
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        let mut buffer = [0; READ_BYTES];
        let count = self.tcp.try_read(&mut buffer)?;
        Ok(buffer[..count].to_vec())
    }

    /// Writes what the system takes now; whether that was all.
    fn write(&mut self) -> io::Result<bool> {
        while self.written < self.out.len() {
            match self.tcp.try_write(&self.out[self.written..]) {
                Ok(count) => self.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        self.out = Vec::new();
        self.written = 0;
        Ok(true)
    }
}
