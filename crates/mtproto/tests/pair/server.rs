//! A server without sockets: connections, keys, sessions, and the answering side, driven as the real driver does.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use crypto::rsa::{PrivateKey, PublicKey};
use ids::{AuthKeyId, ConnId, Now, SessionId};
use mtproto::handshake::server::ServerKeys;
use mtproto::salt::SaltSeed;
use mtproto::server::{
    Config, Conn, Dcs, KeyAnswer, KeyDestroyed, KeyEvent, KeyState, Output, Patience, Stored, Transmit,
};
use mtproto::{AuthKey, Envelope};

use crate::answering::{Answering, Done};
use crypto::testing::Seeded;

/// What all servers share; making an RSA key takes a while.
pub(crate) struct Rsa {
    keys: ServerKeys,
    config: Arc<Config>,
    pub(crate) public: Arc<[PublicKey]>,
}

pub(crate) static RSA: LazyLock<Rsa> = LazyLock::new(|| {
    let private = PrivateKey::generate_for_clients();
    let public = Arc::from([private.public()]);
    let keys = ServerKeys::new(vec![private]);
    let dcs = Dcs { ids: 1..=5, test: false };
    let config = Arc::new(Config {
        fingerprints: keys.fingerprints(),
        dcs,
        secret: None,
        patience: Patience::default(),
    });
    Rsa { keys, config, public }
});

/// What happened on the outside of the server.
pub(crate) enum Effect {
    /// Bytes for a client.
    Bytes(ConnId, Vec<u8>),
    /// The server closed a connection.
    Closed(ConnId),
}

pub(crate) struct Server {
    seed: SaltSeed,
    conns: BTreeMap<ConnId, Conn>,
    /// When connections are closed unless their clients ping again.
    disconnects: BTreeMap<ConnId, u64>,
    table: BTreeMap<AuthKeyId, Arc<AuthKey>>,
    pub(crate) states: BTreeMap<AuthKeyId, KeyState>,
    pub(crate) answering: Answering,
    pub(crate) sessions_begun: Vec<SessionId>,
    pub(crate) effects: Vec<Effect>,
}

impl Server {
    pub(crate) fn new(rng: &mut Seeded) -> Self {
        Self {
            seed: SaltSeed::generate(rng),
            conns: BTreeMap::new(),
            disconnects: BTreeMap::new(),
            table: BTreeMap::new(),
            states: BTreeMap::new(),
            answering: Answering::default(),
            sessions_begun: Vec::new(),
            effects: Vec::new(),
        }
    }

    pub(crate) fn accept(&mut self, id: ConnId, now: Now) {
        self.conns.insert(id, Conn::new(Arc::clone(&RSA.config), now));
    }

    pub(crate) fn input(&mut self, id: ConnId, bytes: &[u8], now: Now, rng: &mut Seeded) {
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.handle_input(bytes, now, rng);
            self.serve(id, now, rng);
        }
    }

    /// The server has noticed that a connection is gone, or closes it.
    pub(crate) fn close(&mut self, id: ConnId, now: Now, rng: &mut Seeded) {
        if self.conns.remove(&id).is_some() {
            self.disconnects.remove(&id);
            self.effects.push(Effect::Closed(id));
            for state in self.states.values_mut() {
                state.handle_closed(id, now);
            }
            self.settle_all(now, rng);
        }
    }

    pub(crate) fn due_ms(&self) -> Option<u64> {
        let conns = self.conns.values().filter_map(Conn::poll_timeout);
        let states = self.states.values().filter_map(KeyState::poll_timeout);
        let disconnects = self.disconnects.values().copied();
        conns.chain(states).chain(disconnects).chain(self.answering.due_ms()).min()
    }

    pub(crate) fn tick(&mut self, now: Now, rng: &mut Seeded) {
        for id in self.conns.keys().copied().collect::<Vec<_>>() {
            if let Some(conn) = self.conns.get_mut(&id) {
                conn.handle_timeout(now);
            }
            self.serve(id, now, rng);
        }
        let due: Vec<ConnId> =
            self.disconnects.iter().filter(|(_, due)| **due <= now.mono_ms).map(|(id, _)| *id).collect();
        for id in due {
            self.close(id, now, rng);
        }
        for state in self.states.values_mut() {
            state.handle_timeout(now);
        }
        for done in self.answering.finish(now) {
            match done {
                Done::Result((key, session), msg_id, result) => {
                    if let Some(state) = self.states.get_mut(&key) {
                        state.handle_result(session, msg_id, result, now);
                    }
                }
                Done::Update((key, session), update) => {
                    self.states.get_mut(&key).map(|state| state.push(session, update));
                }
            }
        }
        self.settle_all(now, rng);
    }

    /// Does what a connection asks for.
    fn serve(&mut self, id: ConnId, now: Now, rng: &mut Seeded) {
        while let Some(output) = self.conns.get_mut(&id).and_then(Conn::poll_output) {
            let Some(conn) = self.conns.get_mut(&id) else { return };
            match output {
                Output::Transmit(bytes) => self.effects.push(Effect::Bytes(id, bytes)),
                Output::NeedAuthKey(key) => {
                    let answer = self.table.get(&key).cloned().map_or(KeyAnswer::Unknown, KeyAnswer::Known);
                    conn.handle_key(key, answer, now, rng);
                }
                Output::Job(job) => conn.handle_job(job.run(&RSA.keys), now, rng),
                Output::KeyCreated(new) => {
                    let key_id = new.key.id();
                    let state =
                        KeyState::new(Arc::clone(&new.key), &self.seed, Some(new.first_salt), None, now);
                    self.table.insert(key_id, Arc::clone(&new.key));
                    self.states.insert(key_id, state);
                    conn.handle_stored(key_id, Stored::Kept, now, rng);
                }
                Output::Message(message) => self.message(id, message, now, rng),
                Output::Http(_) => panic!("nobody speaks HTTP here"),
                Output::Close(reason) => panic!("a good client was closed for {reason:?}"),
            }
        }
    }

    fn message(&mut self, id: ConnId, message: Envelope, now: Now, rng: &mut Seeded) {
        let key = message.key;
        if let Some(state) = self.states.get_mut(&key) {
            state.handle_message(id, message, now, rng);
            self.settle(key, now, rng);
        }
    }

    fn settle_all(&mut self, now: Now, rng: &mut Seeded) {
        for key in self.states.keys().copied().collect::<Vec<_>>() {
            self.settle(key, now, rng);
        }
    }

    /// Does what a key's state asks for and sends what it has to say.
    fn settle(&mut self, key: AuthKeyId, now: Now, rng: &mut Seeded) {
        let mut closing = Vec::new();
        let Some(state) = self.states.get_mut(&key) else { return };
        while let Some(event) = state.poll_event() {
            match event {
                KeyEvent::Call(call) => self.answering.begin(key, call, now, rng),
                KeyEvent::SessionCreated(session) => {
                    self.sessions_begun.push(session);
                    self.answering.updates.insert((key, session), 0);
                }
                KeyEvent::SessionEnded(session) => drop(self.answering.updates.remove(&(key, session))),
                KeyEvent::DestroyKey { session, msg_id } => {
                    state.handle_key_destroyed(session, msg_id, KeyDestroyed::Failed);
                }
                KeyEvent::DisconnectAfter { conn, delay_ms } => {
                    self.disconnects.insert(conn, now.mono_ms + delay_ms);
                }
                KeyEvent::CloseConn { conn } => closing.push(conn),
            }
        }
        while let Some(Transmit { conn, packet }) = state.poll_transmit(now, rng) {
            let conn_id = conn;
            let Some(conn) = self.conns.get_mut(&conn_id) else {
                panic!("a packet for a connection that is closed")
            };
            conn.send(&packet, rng);
            while let Some(output) = conn.poll_output() {
                let Output::Transmit(bytes) = output else { panic!("only bytes come of sending") };
                self.effects.push(Effect::Bytes(conn_id, bytes));
            }
        }
        for conn in closing {
            self.close(conn, now, rng);
        }
    }
}
