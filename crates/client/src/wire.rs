//! One connection: frames of a transport, key exchanges, encrypted packets as they are.
use std::collections::VecDeque;

use ids::UnixTime;
use mtproto::client::{Conn, Output};
use mtproto::handshake::client::Wanted;
use mtproto::handshake::{KeyKind, NewKey};
use mtproto::transport::Obfuscation;

use crate::clock::Clock;
use crate::entropy::OsRng;
use crate::error::WireError;
use crate::options::Options;
use crate::stream::Stream;

/// Something that arrived.
pub enum Received {
    /// An encrypted packet.
    Packet(Vec<u8>),
    /// A request that asked for it arrived whole.
    QuickAck(u32),
}

/// The outcome of a key exchange.
pub struct MadeKey {
    /// The key.
    pub key: NewKey,
    /// The server's clock less ours, in nanoseconds; 0 if the clocks agree as far as can be told.
    pub ahead_ns: i64,
}

/// A connection without a session. Its futures may be dropped; nothing is lost by it.
pub struct Wire {
    stream: Stream,
    conn: Conn,
    clock: Clock,
    options: Options,
    /// What the transport found in the input read so far.
    arrived: VecDeque<Output>,
    /// Packets that came while an exchange was waited for.
    early: VecDeque<Received>,
}

impl Wire {
    /// Connects; nothing of MTProto is sent yet.
    pub async fn connect(options: &Options, clock: Clock) -> Result<Self, WireError> {
        let dc = options.dc.and_then(|dc| i16::try_from(dc).ok()).unwrap_or(0);
        let obfuscation = options.obfuscated.then_some(Obfuscation { secret: None, dc });
        let conn = Conn::new(options.framing, obfuscation, options.trusted.clone(), &mut OsRng)
            .map_err(|_| WireError::NoTag)?;
        let stream = Stream::connect(options).await?;
        Ok(Self {
            stream,
            conn,
            clock,
            options: options.clone(),
            arrived: VecDeque::new(),
            early: VecDeque::new(),
        })
    }

    /// Runs a key exchange as the options say.
    pub async fn make_key(&mut self, kind: KeyKind) -> Result<MadeKey, WireError> {
        let Options { dc, first, padding, .. } = self.options;
        self.make_key_as(Wanted { kind, dc, first, padding }).await
    }

    /// Runs a key exchange of any form.
    pub async fn make_key_as(&mut self, wanted: Wanted) -> Result<MadeKey, WireError> {
        self.conn.make_key(wanted, self.clock.now(), &mut OsRng);
        loop {
            match self.next().await? {
                Next::Received(received) => self.early.push_back(received),
                Next::Made(key, server_time) => {
                    let ahead_ns = ahead_ns(server_time, self.clock.now().wall_ns);
                    return Ok(MadeKey { key, ahead_ns });
                }
            }
        }
    }

    /// Queues one packet as one frame; it leaves while anything of this wire is waited for. The same bytes may be
    /// sent again and in any order.
    pub fn send(&mut self, packet: &[u8]) {
        self.conn.send(packet, &mut OsRng);
        self.sort();
    }

    /// As [`Wire::send`], and asks for a quick ack, if the framing can.
    pub fn send_asking_quick_ack(&mut self, packet: &[u8]) {
        self.conn.send_asking_quick_ack(packet, &mut OsRng);
        self.sort();
    }

    /// Waits until the system has taken all that was queued.
    pub async fn flush(&mut self) -> Result<(), WireError> {
        Ok(self.stream.flush().await?)
    }

    /// Waits for what arrives next.
    pub async fn receive(&mut self) -> Result<Received, WireError> {
        if let Some(early) = self.early.pop_front() {
            return Ok(early);
        }
        loop {
            if let Next::Received(received) = self.next().await? {
                return Ok(received);
            }
        }
    }

    /// The bytes under the frames: what is sent here is sent between two frames.
    pub fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }

    /// The clock of this wire.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Hands frames to the stream and keeps the rest in its order.
    fn sort(&mut self) {
        while let Some(output) = self.conn.poll_output() {
            match output {
                Output::Transmit(bytes) => self.stream.send(&bytes),
                Output::Packet(_)
                | Output::QuickAck(_)
                | Output::KeyMade { .. }
                | Output::ExchangeFailed(_)
                | Output::ServerError(_)
                | Output::Close(_) => self.arrived.push_back(output),
            }
        }
    }

    async fn next(&mut self) -> Result<Next, WireError> {
        loop {
            self.sort();
            match self.arrived.pop_front() {
                Some(Output::Packet(packet)) => return Ok(Next::Received(Received::Packet(packet))),
                Some(Output::QuickAck(token)) => return Ok(Next::Received(Received::QuickAck(token))),
                Some(Output::KeyMade { key, server_time }) => return Ok(Next::Made(key, server_time)),
                Some(Output::ExchangeFailed(error)) => return Err(error.into()),
                Some(Output::ServerError(code)) => return Err(WireError::Server(code)),
                Some(Output::Close(error)) => return Err(error.into()),
                Some(Output::Transmit(_)) | None => {}
            }
            let input = self.stream.receive().await?;
            if input.is_empty() {
                return Err(WireError::Closed);
            }
            self.conn.handle_input(&input, self.clock.now(), &mut OsRng);
        }
    }
}

enum Next {
    Received(Received),
    Made(NewKey, UnixTime),
}

/// How far the server's clock, told in whole seconds, is ahead of ours: nothing, if that may be.
fn ahead_ns(server_time: UnixTime, wall_ns: u64) -> i64 {
    let server_ns = server_time.get().saturating_mul(1_000_000_000);
    let least_ns = server_ns.saturating_sub(i64::try_from(wall_ns).unwrap_or(i64::MAX));
    let most_ns = least_ns.saturating_add(1_000_000_000);
    if least_ns > 0 { least_ns } else { most_ns.min(0) }
}

#[cfg(test)]
mod tests {
    use ids::UnixTime;

    use super::ahead_ns;

    #[test]
    fn whole_seconds_tell_a_difference_only_beyond_a_second() {
        let wall_ns = 1_000_400_000_000;
        for (server_s, ahead) in
            [(1000, 0), (1001, 600_000_000), (999, -400_000_000), (1300, 299_600_000_000)]
        {
            assert_eq!(ahead_ns(UnixTime(server_s), wall_ns), ahead);
        }
    }
}
