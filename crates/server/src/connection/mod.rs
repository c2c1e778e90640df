//! One task per connection: bytes between a socket and `mtproto`.
//!
//! An idle connection holds no buffer: its task waits for readiness and reads into a buffer that all connections of
//! a thread share, writes at once, and keeps bytes only while the peer does not take them.
mod ending;
mod link;
mod outgoing;
mod read;

use std::io::ErrorKind;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use ids::Now;
use ids::limits::{REST_MS_MAX, REST_READ_BYTES};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::sync::watch;

pub(crate) use self::ending::{Carrier, Ending};
use self::link::{Link, Order, Step};
use self::outgoing::{Flow, Outgoing};
use crate::admission::Admitted;
use crate::log::{Count, Event};
use crate::node::Node;
use crate::websocket::{self, Websocket};

/// What a browser or a scanner is told on the port of MTProto. HTTP long polling is not served here, and says so.
const HTTP_ANSWER: &[u8] = b"HTTP/1.1 501 Not Implemented\r\nContent-Type: text/plain; charset=utf-8\r\n\
Content-Length: 110\r\nConnection: close\r\n\r\n\
This port speaks MTProto over TCP. WebSocket and everything else of HTTP is on the other port of this server.\n";
/// How long a closed peer is given to read the last words before the socket goes.
const LINGER: Duration = Duration::from_secs(2);
/// How long one connection keeps its thread from the others: a kilobyte of a packed message costs a millisecond.
const TURN_MAX: Duration = Duration::from_micros(500);

/// Milliseconds of a tenth of a second.
const MS_OF_DS: u64 = 100;

/// What the process wants of its connections.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Phase {
    /// Go on.
    Running,
    /// Read nothing more; answers still leave.
    Draining,
    /// Write what waits, then end.
    Closing,
}

struct Connection {
    stream: TcpStream,
    websocket: Option<Box<Websocket>>,
    link: Link,
    outgoing: Outgoing,
    disconnect_at_ms: Option<u64>,
    /// When reading goes on, for a peer that asks again and again for what it is refused; in tenths of a second, which take
    /// no more of each connection than was free. 0 for all others.
    rest_until_ds: u32,
    /// Why it will close once everything is written.
    closing: Option<Ending>,
    /// Messages that were read wait for others to have their turn.
    unfinished: bool,
    /// Something was said before closing, so the peer is given time to read it.
    last_words: bool,
}

/// Runs a connection to its end. `unread` came before the rest of the stream.
///
/// Not an `async fn`: that would hold its arguments beside what it makes of them, for as long as the connection lives.
pub(crate) fn drive(
    node: Arc<Node>,
    stream: TcpStream,
    carrier: Carrier,
    mut unread: Vec<u8>,
    admitted: Admitted,
    mut phase: watch::Receiver<Phase>,
) -> impl Future<Output = ()> + Send + 'static {
    node.log.event(&Event::Opened { carrier, open: Count(node.admission.open()) });
    node.metrics.opened(carrier);
    let now = node.clock.now();
    let mut connection = Connection {
        stream,
        websocket: (carrier == Carrier::Websocket).then(Box::default),
        link: Link::new(node, carrier, admitted),
        outgoing: Outgoing::default(),
        disconnect_at_ms: None,
        rest_until_ds: 0,
        closing: None,
        unfinished: false,
        last_words: false,
    };
    if !unread.is_empty() {
        connection.take(&mut unread, now);
        connection.pump(now);
    }
    async move {
        let why = connection.run(&mut phase).await;
        connection.end(carrier, why);
        if connection.last_words {
            linger(&connection.stream).await;
        }
    }
}

impl Connection {
    /// Nothing more is read or written.
    fn end(&mut self, carrier: Carrier, why: Ending) {
        self.link.end();
        let node = self.link.node();
        node.metrics.closed(carrier, why);
        node.log.event(&Event::Closed { why, open: Count(node.admission.open().saturating_sub(1)) });
    }

    async fn run(&mut self, phase: &mut watch::Receiver<Phase>) -> Ending {
        loop {
            if let Err(why) = self.flush() {
                return why;
            }
            if let Some(why) = self.closing.filter(|_| self.outgoing.is_empty()) {
                return why;
            }
            if self.unfinished {
                tokio::task::yield_now().await;
                self.pump(self.link.node().clock.now());
                continue;
            }
            let current = *phase.borrow();
            if current == Phase::Closing && self.closing.is_none() {
                // All answers were posted before this phase began; the last of them may be in the mailbox still.
                self.pump(self.link.node().clock.now());
                self.close(Ending::Stopping);
                continue;
            }
            let reading = current == Phase::Running
                && self.closing.is_none()
                && self.link.wants_input()
                && !self.is_resting()
                && self.outgoing.rest().len() <= ids::limits::UNREAD_ANSWERS_BYTES_MAX;
            let interest = match (reading, self.outgoing.is_empty()) {
                (true, true) => Some(Interest::READABLE),
                (true, false) => Some(Interest::READABLE | Interest::WRITABLE),
                (false, false) => Some(Interest::WRITABLE),
                (false, true) => None,
            };
            let deadline = self.deadline_ms().map(|at_ms| self.link.node().clock.instant(at_ms));
            let slot = self.link.slot();
            tokio::select! {
                () = slot.mail() => {}
                ready = ready(&self.stream, interest) => {
                    let now = self.link.node().clock.now();
                    if ready && reading && let Err(why) = self.read(now) {
                        return why;
                    }
                }
                () = sleep(deadline) => {
                    if let Some(why) = self.timeout() {
                        return why;
                    }
                }
                _ = phase.changed() => {}
            }
            let now = self.link.node().clock.now();
            self.pump(now);
        }
    }

    /// Does what the protocol and other threads ask for, until neither asks for more or it is the turn of others.
    fn pump(&mut self, now: Now) {
        let started = self.link.node().clock.elapsed();
        self.unfinished = false;
        loop {
            while let Some(step) = self.link.step(now) {
                match step {
                    Step::Taken => {
                        let took = self.link.node().clock.elapsed().saturating_sub(started);
                        if took > TURN_MAX {
                            self.unfinished = true;
                            return;
                        }
                    }
                    Step::Write(bytes) => self.write(&bytes),
                    Step::Http => self.outgoing.buffer().extend_from_slice(HTTP_ANSWER),
                    Step::Close(why) => self.close(why),
                }
            }
            let mail = self.link.slot().clone().take();
            if mail.is_empty() {
                break;
            }
            for mail in mail {
                match self.link.mail(mail, now) {
                    None => {}
                    Some(Order::RestUntil(at_ms)) => self.rest_until(at_ms),
                    Some(Order::DisconnectAt(at_ms)) => self.disconnect_at_ms = Some(at_ms),
                    Some(Order::Close(why)) => self.close(why),
                }
            }
        }
        if self.outgoing.overflows(&self.link.node().limits) {
            self.close(Ending::Overflow);
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        if self.closing.is_none() {
            let buffer = self.outgoing.buffer();
            if self.websocket.is_some() {
                websocket::header(bytes.len(), buffer);
            }
            buffer.extend_from_slice(bytes);
        }
    }

    fn close(&mut self, why: Ending) {
        if self.closing.is_none() {
            if self.websocket.is_some() {
                self.outgoing.buffer().extend_from_slice(&websocket::CLOSE_FRAME);
            }
            self.last_words = !self.outgoing.is_empty();
            self.closing = Some(why);
        }
    }

    /// Writes as much as the peer takes now, and tells the sessions if that changes what they may send.
    fn flush(&mut self) -> Result<(), Ending> {
        while !self.outgoing.is_empty() {
            let now_ms = self.link.node().clock.now().mono_ms;
            match self.stream.try_write(self.outgoing.rest()) {
                Ok(bytes) => self.outgoing.took(bytes, now_ms),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.outgoing.note_stalled(now_ms);
                    break;
                }
                Err(_) => return Err(Ending::Peer),
            }
        }
        match self.outgoing.flow() {
            None => {}
            Some(flow) => self.link.set_blocked(flow == Flow::Blocked, self.link.node().clock.now()),
        }
        Ok(())
    }

    fn rest_until(&mut self, at_ms: u64) {
        self.rest_until_ds = u32::try_from(at_ms.div_ceil(MS_OF_DS)).unwrap_or(u32::MAX);
    }

    /// When its rest is over, if it had one.
    fn rested_ms(&self) -> Option<u64> {
        Some(u64::from(self.rest_until_ds) * MS_OF_DS).filter(|at_ms| *at_ms != 0)
    }

    fn is_resting(&self) -> bool {
        // Hardly any connection ever rests, and the clock need not be asked for the others.
        self.rested_ms().is_some_and(|at_ms| self.link.node().clock.now().mono_ms < at_ms)
    }

    /// Reads once into the buffer of this thread; what is left is read after others had their turn. After a rest less is read
    /// at a time for as long again as a rest may last: what waits in the socket then may all be of the same kind.
    fn read(&mut self, now: Now) -> Result<(), Ending> {
        let is_wary = self.rested_ms().is_some_and(|at_ms| now.mono_ms < at_ms + REST_MS_MAX);
        let bytes_max = if is_wary { REST_READ_BYTES } else { usize::MAX };
        read::with_part(bytes_max, |buffer| match self.stream.try_read(buffer) {
            Ok(0) => Err(Ending::Peer),
            Ok(bytes) => {
                self.take(&mut buffer[..bytes], now);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            Err(_) => Err(Ending::Peer),
        })
    }

    /// Gives the protocol bytes as they came from the socket.
    fn take(&mut self, bytes: &mut [u8], now: Now) {
        let Some(websocket) = &mut self.websocket else { return self.link.input(bytes, now) };
        let link = &mut self.link;
        let received =
            websocket.receive(bytes, self.outgoing.buffer(), &mut |payload| link.input(payload, now));
        if received.is_err() {
            self.closing = Some(Ending::Peer);
        }
    }

    fn deadline_ms(&self) -> Option<u64> {
        let stall = self.outgoing.deadline_ms(&self.link.node().limits);
        let rest = self.rested_ms().filter(|_| self.is_resting());
        [self.link.deadline_ms(), self.disconnect_at_ms, stall, rest].into_iter().flatten().min()
    }

    /// A deadline has come: the protocol's, or one that ends the connection at once.
    fn timeout(&mut self) -> Option<Ending> {
        let now = self.link.node().clock.now();
        let over = |at_ms: Option<u64>| at_ms.is_some_and(|at_ms| at_ms <= now.mono_ms);
        if over(self.outgoing.deadline_ms(&self.link.node().limits)) {
            return Some(Ending::Stalled);
        }
        if over(self.disconnect_at_ms) {
            return Some(Ending::Silent);
        }
        self.link.timeout(now);
        None
    }
}

/// Waits for what the connection is interested in; for ever if for nothing. Whether it can be read.
///
/// The socket itself keeps who waits for it, so that nothing of it stands in the task, as it would with `TcpStream::ready`.
fn ready(stream: &TcpStream, interest: Option<Interest>) -> impl Future<Output = bool> {
    std::future::poll_fn(move |context| {
        // An error shows again at the read or write that follows.
        let read = interest.is_some_and(Interest::is_readable) && stream.poll_read_ready(context).is_ready();
        let write =
            interest.is_some_and(Interest::is_writable) && stream.poll_write_ready(context).is_ready();
        if read || write { Poll::Ready(read) } else { Poll::Pending }
    })
}

/// Most connections have no deadline once they are logged in, and a timer is large.
async fn sleep(until: Option<tokio::time::Instant>) {
    match until {
        Some(instant) => Box::pin(tokio::time::sleep_until(instant)).await,
        None => std::future::pending().await,
    }
}

/// Closing a socket with unread input resets it, and the peer loses what it has not read: an error code, say. So our
/// side is closed first, and the peer's is read away until it closes too.
async fn linger(stream: &TcpStream) {
    if socket2::SockRef::from(stream).shutdown(std::net::Shutdown::Write).is_err() {
        return;
    }
    let drained = async {
        while stream.readable().await.is_ok() {
            match read::with_buffer(|buffer| stream.try_read(buffer)) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
        }
    };
    // Whether the peer closed or the time is over, the socket goes now.
    let _ = tokio::time::timeout(LINGER, drained).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of_future<A, B, C, D, E, F, G>(_: impl FnOnce(A, B, C, D, E, F) -> G) -> usize {
        size_of::<G>()
    }

    /// What every connection costs for as long as it lives, idle or not: the runtime adds its own and takes multiples of 128.
    #[test]
    fn a_connections_task_is_small() {
        let bytes = bytes_of_future(drive);
        assert!(bytes <= 768, "{bytes}");
    }
}
