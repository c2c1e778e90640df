//! A server without a socket: its keys, one connection of it, and a driver that answers what the connection asks.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use crypto::Rng;
use crypto::rsa::{PrivateKey, PublicKey};
use ids::{AuthKeyId, Now};
use mtproto::handshake::NewKey;
use mtproto::handshake::server::{Job, ServerKeys};
use mtproto::server::{CloseReason, Config, Conn, Dcs, KeyAnswer, Output, Patience, Stored};
use mtproto::{AuthKey, Envelope};

/// What all servers of these tests share; making RSA keys takes a while.
pub(crate) struct Server {
    pub(crate) keys: ServerKeys,
    pub(crate) public: Arc<[PublicKey]>,
    pub(crate) config: Arc<Config>,
}

/// Two RSA keys, data centres 1 to 5, production.
pub(crate) static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let private = vec![PrivateKey::generate_for_clients(), PrivateKey::generate_for_clients()];
    let public = private.iter().map(PrivateKey::public).collect();
    let keys = ServerKeys::new(private);
    let dcs = Dcs { ids: 1..=5, test: false };
    let config = Arc::new(Config {
        fingerprints: keys.fingerprints(),
        dcs,
        secret: None,
        patience: Patience::default(),
    });
    Server { keys, public, config }
});

/// One accepted connection and what came out of it so far.
pub(crate) struct Accepted {
    pub(crate) conn: Conn,
    /// The key table.
    pub(crate) table: HashMap<AuthKeyId, Arc<AuthKey>>,
    /// How many new keys the table is to refuse as colliding.
    pub(crate) collisions: usize,
    /// Bytes for the peer, one entry for each [`Output::Transmit`].
    pub(crate) sent: Vec<Vec<u8>>,
    pub(crate) created: Vec<NewKey>,
    pub(crate) messages: Vec<Envelope>,
    pub(crate) asked: Vec<AuthKeyId>,
    pub(crate) jobs: usize,
    pub(crate) http: Option<Vec<u8>>,
    pub(crate) closed: Option<CloseReason>,
}

impl Accepted {
    pub(crate) fn new(now: Now) -> Self {
        Self::of(Conn::new(Arc::clone(&SERVER.config), now))
    }

    pub(crate) fn of(conn: Conn) -> Self {
        Self {
            conn,
            table: HashMap::new(),
            collisions: 0,
            sent: Vec::new(),
            created: Vec::new(),
            messages: Vec::new(),
            asked: Vec::new(),
            jobs: 0,
            http: None,
            closed: None,
        }
    }

    /// Feeds bytes and does all that the connection asks for.
    pub(crate) fn input(&mut self, bytes: &[u8], now: Now, rng: &mut dyn Rng) {
        self.conn.handle_input(bytes, now, rng);
        self.work(now, rng);
    }

    pub(crate) fn work(&mut self, now: Now, rng: &mut dyn Rng) {
        while let Some(output) = self.conn.poll_output() {
            assert!(self.closed.is_none(), "close is the last output");
            match output {
                Output::Transmit(bytes) => self.sent.push(bytes),
                Output::NeedAuthKey(id) => {
                    assert!(!self.conn.wants_input());
                    self.asked.push(id);
                    let answer = self
                        .table
                        .get(&id)
                        .map_or(KeyAnswer::Unknown, |key| KeyAnswer::Known(Arc::clone(key)));
                    self.conn.handle_key(id, answer, now, rng);
                }
                Output::Job(job) => {
                    assert!(!self.conn.wants_input());
                    self.jobs += 1;
                    self.conn.handle_job(job.run(&SERVER.keys), now, rng);
                }
                Output::KeyCreated(key) => self.store(key, now, rng),
                Output::Message(message) => self.messages.push(message),
                Output::Http(bytes) => self.http = Some(bytes),
                Output::Close(reason) => self.closed = Some(reason),
            }
        }
    }

    fn store(&mut self, key: NewKey, now: Now, rng: &mut dyn Rng) {
        assert!(!self.conn.wants_input());
        let id = key.key.id();
        let stored = if self.collisions > 0 {
            self.collisions -= 1;
            Stored::Collides
        } else {
            self.table.insert(id, Arc::clone(&key.key));
            self.created.push(key);
            Stored::Kept
        };
        self.conn.handle_stored(id, stored, now, rng);
    }

    /// Takes what was sent, as one stream.
    pub(crate) fn take_sent(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.sent).concat()
    }
}

/// Jobs leave for threads of their own.
#[test]
fn jobs_may_travel() {
    fn travels<T: Send + 'static>() {}
    fn is_shared<T: Send + Sync + 'static>() {}
    travels::<Job>();
    travels::<mtproto::handshake::server::Done>();
    travels::<Conn>();
    is_shared::<ServerKeys>();
    is_shared::<Config>();
}
