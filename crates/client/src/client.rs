//! A client as its owner sees it: typed calls of the canonical layer and a stream of updates, whatever layer is spoken
//! and however often the connection breaks.
use std::sync::Arc;

use ids::Layer;
use mtproto::handshake::KeyKind;
use tl::{Decode, Function};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::calls::{Call, Calls};
use crate::clock::Clock;
use crate::driver::{Command, Driver, Pings, open};
use crate::error::{CallError, ConnectError, Ended, UpdateError};
use crate::options::{Identity, Options};
use crate::updates::Queue;
use crate::wire::{MadeKey, Wire};

/// Commands on their way to the task.
const COMMANDS_MAX: usize = 64;

/// A client. Its calls may be made from several tasks at once. Dropping it closes its connection.
pub struct Client {
    options: Options,
    permanent: Identity,
    commands: mpsc::Sender<Command>,
    updates: Arc<Queue>,
    task: JoinHandle<()>,
    /// Dropping it tells the task that nobody waits any more.
    _alive: oneshot::Sender<()>,
}

impl Client {
    /// Connects and makes a permanent key; with `options.pfs_s` also a temporary one, bound to it.
    pub async fn connect(options: Options) -> Result<Self, ConnectError> {
        let clock = Clock::start();
        let mut wire = Wire::connect(&options, clock).await?;
        let MadeKey { key, ahead_ns } = wire.make_key(KeyKind::Permanent).await?;
        let permanent = Identity { key: key.key, salt: key.first_salt, ahead_ns };
        Self::start(options, clock, wire, permanent).await
    }

    /// Connects with a key that was made before. Whether the server still knows it shows at the first call, and only
    /// then it sends updates.
    pub async fn resume(options: Options, permanent: Identity) -> Result<Self, ConnectError> {
        let clock = Clock::start();
        let wire = Wire::connect(&options, clock).await?;
        Self::start(options, clock, wire, permanent).await
    }

    async fn start(
        options: Options,
        clock: Clock,
        wire: Wire,
        permanent: Identity,
    ) -> Result<Self, ConnectError> {
        let line = open(&options, wire, &permanent).await?;
        let (commands, received) = mpsc::channel(COMMANDS_MAX);
        let (alive, gone) = oneshot::channel();
        let updates = Arc::<Queue>::default();
        let driver = Driver {
            options: options.clone(),
            clock,
            permanent: permanent.clone(),
            line,
            calls: Calls::new(options.app.clone(), options.layer, options.observer.clone()),
            pings: Pings::default(),
            commands: received,
            gone,
            updates: updates.clone(),
            greeted: false,
            pause_ms: 0,
        };
        let task = tokio::spawn(driver.run());
        Ok(Self { options, permanent, commands, updates, task, _alive: alive })
    }

    /// Makes a call of the canonical layer. It is sent in the client's layer, repeated until it is answered, and its
    /// answer raised. Dropping the future does not take the call back.
    pub async fn call<M: Function>(&self, method: &M) -> Result<M::Result, CallError> {
        let layer = self.layer();
        let mut query = Vec::new();
        tl::layer::lower_request(&method.to_bytes(), layer, &mut query)
            .map_err(|why| CallError::NotInLayer { layer, why })?;
        let function_id = tl::Reader::new(&query).peek_id().map_err(CallError::Malformed)?;
        let answer = self.call_raw(query).await?;
        let mut raised = Vec::new();
        tl::layer::raise_result(function_id, &answer, layer, &mut raised)
            .map_err(|why| CallError::AnswerLayer { layer, why })?;
        M::Result::from_bytes(&raised).map_err(CallError::Malformed)
    }

    /// Makes a call whose bytes are of the client's layer already; the answer is returned as it came.
    pub async fn call_raw(&self, query: Vec<u8>) -> Result<Vec<u8>, CallError> {
        let (reply, answer) = oneshot::channel();
        self.command(Command::Call(Call { query, reply })).await?;
        answer.await.unwrap_or_else(|_| Err(self.ended().into()))
    }

    /// Waits for the next update. `UpdatesTooLong` stands where some may be missing: after the server forgot the
    /// session, or when the owner looked too seldom. Dropping the future loses nothing.
    pub async fn update(&self) -> Result<tl::Updates, UpdateError> {
        self.updates.next(self.layer()).await
    }

    /// Pings the server and waits for the pong.
    pub async fn ping(&self) -> Result<(), Ended> {
        let (reply, answer) = oneshot::channel();
        self.command(Command::Ping(reply)).await?;
        answer.await.unwrap_or_else(|_| Err(self.ended()))
    }

    /// Drops the connection, as a network would; the client comes back by itself.
    pub async fn cut(&self) -> Result<(), Ended> {
        let (reply, answer) = oneshot::channel();
        self.command(Command::Cut(reply)).await?;
        answer.await.map_err(|_| self.ended())
    }

    /// The permanent key, which carries the login.
    #[must_use]
    pub fn permanent(&self) -> &Identity {
        &self.permanent
    }

    /// The key in use, permanent or temporary, with its present salt: what a [`crate::Probe`] needs.
    pub async fn identity(&self) -> Result<Identity, Ended> {
        let (reply, answer) = oneshot::channel();
        self.command(Command::Identity(reply)).await?;
        answer.await.map_err(|_| self.ended())
    }

    /// How it connects.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The layer it speaks.
    #[must_use]
    pub fn layer(&self) -> Layer {
        self.options.layer
    }

    /// Closes the connection and waits until it is closed.
    pub async fn close(self) {
        let Self { task, commands, _alive, .. } = self;
        drop((commands, _alive));
        // A task that panicked is over as well.
        let _ = task.await;
    }

    async fn command(&self, command: Command) -> Result<(), Ended> {
        self.commands.send(command).await.map_err(|_| self.ended())
    }

    /// Why the task is over.
    fn ended(&self) -> Ended {
        self.updates.ended().unwrap_or(Ended::Closed)
    }
}

#[cfg(test)]
impl Client {
    /// One whose server is the test: what it is told to do, and where its updates come from.
    pub(crate) fn scripted() -> (Self, mpsc::Receiver<Command>, Arc<Queue>) {
        let key = crypto::dh::SharedKey::from(Box::new([7; 256].into()));
        let key = Arc::new(mtproto::AuthKey::new(key));
        let (commands, received) = mpsc::channel(COMMANDS_MAX);
        let updates = Arc::<Queue>::default();
        let client = Self {
            options: Options::new(([127, 0, 0, 1], 1).into(), Vec::new()),
            permanent: Identity { key, salt: 0, ahead_ns: 0 },
            commands,
            updates: updates.clone(),
            task: tokio::spawn(async {}),
            _alive: oneshot::channel().0,
        };
        (client, received, updates)
    }
}
