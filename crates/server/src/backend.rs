//! The door from the driver to store, `api` and `push`.
use std::sync::{Arc, Mutex};

use domain::Presence;
use domain::authorization::{self, Client, KeyBytes, StoredKey};
use domain::message;
use domain::presence::Onlooker;
use domain::update::AppendError;
use ids::{AuthKeyId, Layer, Now, Pts, UnixTime, UserId};
use mtproto::AuthKey;
use push::{PushError, Stretch, Tiding};
use store::{Commit, Ran, Store, StoreError, outbox};
use views::Sight;
use zeroize::Zeroizing;

use crate::entropy::OsRng;
use crate::keeper::{Ending, Over};

/// The store, and what `api` keeps in memory.
pub(crate) struct Backend {
    store: Store,
    env: api::Env,
    presence: Presence,
    ram: Mutex<api::Ram>,
}

/// A permanent key as the store has it.
pub(crate) struct LoadedKey {
    pub(crate) key: Arc<AuthKey>,
    pub(crate) user: Option<UserId>,
    pub(crate) layer: Option<Layer>,
}

impl Backend {
    pub(crate) fn new(store: Store, env: api::Env, ram: api::Ram) -> Self {
        Self { store, env, presence: Presence::default(), ram: Mutex::new(ram) }
    }

    /// Runs one call. With [`api::Outcome::needs`] nothing of it was done.
    pub(crate) fn call(&self, caller: &api::Caller, body: &[u8], now: Now) -> api::Outcome {
        api::run(api::Request {
            store: &self.store,
            env: &self.env,
            presence: &self.presence,
            ram: &self.ram,
            caller,
            body,
            now,
            rng: &mut OsRng,
        })
    }

    /// What happened in the box of a login's user, as updates in a layer.
    pub(crate) fn news(
        &self,
        key: AuthKeyId,
        stretch: Stretch,
        layer: Layer,
        now: Now,
    ) -> Result<push::Batch, PushError> {
        push::pending(&self.store, &self.sight(now), key, stretch, layer)
    }

    /// Who is told of a user, of those for whom `is_live`.
    pub(crate) fn audience(
        &self,
        of: UserId,
        is_live: &dyn Fn(UserId) -> bool,
    ) -> Result<Vec<Onlooker>, PushError> {
        push::audience(&self.store, of, is_live)
    }

    /// Whether a user is online, as those see it who are told.
    pub(crate) fn status(&self, of: UserId, now: Now) -> Tiding {
        push::status(&self.sight(now), of)
    }

    /// What a user is called, as one viewer sees it.
    pub(crate) fn name(&self, viewer: UserId, of: UserId, now: Now) -> Result<Tiding, PushError> {
        push::name(&self.store, &self.sight(now), viewer, of)
    }

    /// Who is online.
    pub(crate) fn presence(&self) -> &Presence {
        &self.presence
    }

    fn sight(&self, now: Now) -> Sight<'_> {
        Sight { hashes: &self.env.hashes, presence: &self.presence, now }
    }

    /// Takes messages away and ends polls whose time is over, with the orders that said so: in one commit.
    pub(crate) fn end(&self, ending: &Ending, now: Now) -> Ran<(), AppendError> {
        let (mut messages, mut polls) = (Vec::new(), Vec::new());
        for &(_, over) in &ending.due {
            match over {
                Over::Message(id) => messages.push(id),
                Over::Poll(id) => polls.push(id),
            }
        }
        self.store.write(|tx| {
            message::end(tx, ending.of, &messages, now.unix())?;
            message::close_due(tx, ending.of, &polls, now.unix())?;
            Ok(ending.due.iter().try_for_each(|&(order, _)| outbox::done(tx, order))?)
        })
    }

    /// Puts orders off, or, if there is nothing that they could be carried out on, takes them away.
    pub(crate) fn leave(&self, ending: &Ending, until: Option<UnixTime>) -> Ran<(), StoreError> {
        let orders: Vec<_> = ending.due.iter().map(|&(order, _)| order).collect();
        self.store.write(|tx| match until {
            Some(until) => outbox::postpone(tx, &orders, until),
            None => orders.iter().try_for_each(|order| outbox::done(tx, *order)),
        })
    }

    /// Where the box of a login's user stands.
    pub(crate) fn head(&self, key: AuthKeyId) -> Result<Pts, PushError> {
        push::head(&self.store, key)
    }

    /// Reads a permanent key.
    pub(crate) fn load_key(&self, id: AuthKeyId) -> Ran<Option<LoadedKey>, StoreError> {
        self.store.read(|tx| {
            let Some(stored) = authorization::key(tx, id)? else { return Ok(None) };
            let bytes = Box::new(Zeroizing::new(*stored.bytes.expose()));
            Ok(Some(LoadedKey {
                key: Arc::new(AuthKey::new(bytes)),
                user: authorization::binding(tx, id)?.map(|binding| binding.user),
                layer: authorization::client(tx, id)?.map(|client| client.layer),
            }))
        })
    }

    /// Keeps a new permanent key. False if its id is taken (T9).
    pub(crate) fn keep_key(&self, key: &AuthKey, now: Now) -> Ran<bool, StoreError> {
        let stored = StoredKey { bytes: KeyBytes::new(key.bytes()), created: now.unix() };
        self.store.write(|tx| {
            if authorization::key(tx, key.id())?.is_some() {
                return Ok(false);
            }
            authorization::store_key(tx, key.id(), &stored)?;
            Ok(true)
        })
    }

    /// Whether there is a permanent key with this id.
    pub(crate) fn has_key(&self, id: AuthKeyId) -> Ran<bool, StoreError> {
        self.store.read(|tx| Ok(authorization::key(tx, id)?.is_some()))
    }

    /// Destroys a permanent key and logs it out. False if there was none.
    pub(crate) fn destroy_key(&self, id: AuthKeyId, now: Now) -> Ran<bool, StoreError> {
        self.store.write(|tx| {
            let there = authorization::key(tx, id)?.is_some();
            authorization::destroy_key(tx, id, now.unix())?;
            Ok(there)
        })
    }

    /// Notes what a client says of itself.
    pub(crate) fn describe(&self, id: AuthKeyId, client: &Client) -> Ran<(), StoreError> {
        self.store.write(|tx| authorization::describe(tx, id, client))
    }

    /// The store itself, for the keeper.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// What is durable.
    pub(crate) fn durable(&self) -> Commit {
        self.store.engine().durable()
    }

    /// Calls `hook` whenever more is durable.
    pub(crate) fn on_durable(&self, hook: store::DurableHook) {
        self.store.engine().on_durable(hook);
    }
}
