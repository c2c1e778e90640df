//! The task behind a client: one line at a time, replaced when it breaks, until the owner is gone or the key is.
use std::sync::Arc;
use std::time::Duration;

use mtproto::client::Event;
use mtproto::handshake::KeyKind;
use tokio::sync::{mpsc, oneshot};

use crate::calls::{Call, Calls};
use crate::clock::Clock;
use crate::entropy::OsRng;
use crate::error::{ConnectError, Ended, WireError};
use crate::line::{Heard, Line};
use crate::options::{Identity, Options, Seen};
use crate::updates::Queue;
use crate::wire::{MadeKey, Wire};

/// Calls without an answer; the next one waits until one of them has its.
const CALLS_MAX: usize = 1024;
/// First and longest pause between two tries to connect, in milliseconds; the first try has none.
const PAUSE_MS: [u64; 2] = [50, 5_000];
/// Transport error: the server does not know the key.
const UNKNOWN_KEY: i32 = -404;

/// What the owner asks for.
pub(crate) enum Command {
    /// Make a call.
    Call(Call),
    /// Ping the server.
    Ping(oneshot::Sender<Result<(), Ended>>),
    /// Tell the key in use, with its salt.
    Identity(oneshot::Sender<Identity>),
    /// Drop the connection, as a network would.
    Cut(oneshot::Sender<()>),
}

pub(crate) struct Driver {
    pub(crate) options: Options,
    pub(crate) clock: Clock,
    pub(crate) permanent: Identity,
    pub(crate) line: Line,
    pub(crate) calls: Calls,
    pub(crate) pings: Pings,
    pub(crate) commands: mpsc::Receiver<Command>,
    /// Resolves when the owner is gone.
    pub(crate) gone: oneshot::Receiver<()>,
    pub(crate) updates: Arc<Queue>,
    /// The server has told of the session before.
    pub(crate) greeted: bool,
    /// Before the next try to connect.
    pub(crate) pause_ms: u64,
}

/// Pings without a pong.
#[derive(Default)]
pub(crate) struct Pings {
    last: i64,
    waiting: Vec<(i64, oneshot::Sender<Result<(), Ended>>)>,
}

/// Why a line is left.
enum Stop {
    Broken(WireError),
    Ended(Ended),
}

/// Begins to speak on a wire: under the permanent key, or under a temporary one that is made and bound first.
pub(crate) async fn open(
    options: &Options,
    mut wire: Wire,
    permanent: &Identity,
) -> Result<Line, ConnectError> {
    let Some(expires_in_s) = options.pfs_s else { return Ok(Line::new(wire, permanent.clone())) };
    let MadeKey { key, ahead_ns } = wire.make_key(KeyKind::Temporary { expires_in_s }).await?;
    let server_s = wire.clock().now().unix().get() + ahead_ns / 1_000_000_000;
    let expires_at = i32::try_from(server_s + i64::from(expires_in_s)).unwrap_or(i32::MAX);
    let mut line = Line::new(wire, Identity { key: key.key, salt: key.first_salt, ahead_ns });
    let bind = line.session().bind(permanent.key.clone(), expires_at, &mut OsRng);
    loop {
        if let Heard::Event(Event::Answer { call, result }) = line.next().await?
            && call == bind
        {
            return result.map(|_| line).map_err(|error| ConnectError::NotBound(error.into()));
        }
    }
}

impl Driver {
    pub(crate) async fn run(mut self) {
        let why = loop {
            let broken = match self.talk().await {
                Stop::Broken(error) => error,
                Stop::Ended(why) => break why,
            };
            if let Err(why) = self.recover(&broken).await {
                break why;
            }
        };
        self.calls.end(why);
        self.pings.end(why);
        self.updates.end(why);
    }

    /// Serves the owner and the server until the line breaks.
    async fn talk(&mut self) -> Stop {
        loop {
            let room = self.calls.len() < CALLS_MAX;
            tokio::select! {
                command = self.commands.recv(), if room => match command {
                    Some(Command::Cut(done)) => {
                        let _ = done.send(());
                        return Stop::Broken(WireError::Closed);
                    }
                    Some(command) => self.obey(command),
                    None => return Stop::Ended(Ended::Closed),
                },
                heard = self.line.next() => match heard {
                    Ok(heard) => {
                        self.pause_ms = 0;
                        self.heed(heard);
                    }
                    Err(error) => return Stop::Broken(error),
                },
                _ = &mut self.gone => return Stop::Ended(Ended::Closed),
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Call(call) => self.calls.make(self.line.session(), call),
            Command::Ping(reply) => {
                // Whoever gave up waiting is not waited for.
                self.pings.waiting.retain(|(_, reply)| !reply.is_closed());
                self.pings.last += 1;
                self.pings.waiting.push((self.pings.last, reply));
                self.line.session().ping(self.pings.last);
            }
            Command::Identity(reply) => drop(reply.send(self.line.identity())),
            Command::Cut(done) => drop(done.send(())),
        }
    }

    fn heed(&mut self, heard: Heard) {
        let Heard::Event(event) = heard else { return };
        match event {
            Event::Answer { call, result } => self.calls.answer(self.line.session(), call, result),
            Event::Update(update) => {
                if let Some(observer) = &self.options.observer {
                    observer(Seen::Update(&update));
                }
                self.updates.push(update);
            }
            Event::NewSession { .. } => {
                // The first is the answer to our first words; a later one means that the server forgot us.
                if std::mem::replace(&mut self.greeted, true) {
                    self.updates.gap();
                }
            }
            Event::Pong { ping_id } => self.pings.pong(ping_id),
            Event::Service(_) | Event::Stalled => {}
        }
    }

    /// Connects again, for as long as it takes.
    async fn recover(&mut self, broken: &WireError) -> Result<(), Ended> {
        let is_unknown = matches!(broken, WireError::Server(UNKNOWN_KEY));
        if is_unknown && self.options.pfs_s.is_none() {
            return Err(Ended::KeyUnknown);
        }
        loop {
            let pause = Duration::from_millis(self.pause_ms);
            self.pause_ms = (self.pause_ms * 2).clamp(PAUSE_MS[0], PAUSE_MS[1]);
            let connected = tokio::select! {
                connected = connect(&self.options, self.clock, pause) => connected,
                _ = &mut self.gone => return Err(Ended::Closed),
            };
            let Ok(wire) = connected else { continue };
            if !is_unknown {
                self.line.reconnect(wire);
                self.pings.resend(&mut self.line);
                // Until something is said on it, the server does not know whose connection this is.
                self.pings.last += 1;
                self.line.session().ping(self.pings.last);
                return Ok(());
            }
            let opened = tokio::select! {
                opened = open(&self.options, wire, &self.permanent) => opened,
                _ = &mut self.gone => return Err(Ended::Closed),
            };
            match opened {
                Ok(line) => {
                    self.renew(line);
                    return Ok(());
                }
                Err(ConnectError::NotBound(_)) => return Err(Ended::NotBound),
                Err(ConnectError::Wire(_)) => {}
            }
        }
    }

    /// A new temporary key, a new session, and all calls again in it.
    fn renew(&mut self, line: Line) {
        self.line = line;
        self.calls.make_all(self.line.session());
        self.pings.resend(&mut self.line);
        self.updates.gap();
        self.greeted = false;
    }
}

async fn connect(options: &Options, clock: Clock, pause: Duration) -> Result<Wire, WireError> {
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
    Wire::connect(options, clock).await
}

impl Pings {
    fn pong(&mut self, id: i64) {
        if let Some(at) = self.waiting.iter().position(|(waiting, _)| *waiting == id) {
            let _ = self.waiting.swap_remove(at).1.send(Ok(()));
        }
    }

    /// Pings are not kept by the session: they go out again on a new connection.
    fn resend(&self, line: &mut Line) {
        for (id, _) in &self.waiting {
            line.session().ping(*id);
        }
    }

    fn end(&mut self, why: Ended) {
        for (_, reply) in self.waiting.drain(..) {
            let _ = reply.send(Err(why));
        }
    }
}
