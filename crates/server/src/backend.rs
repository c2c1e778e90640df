//! The door from the driver to store, `api` and `push`.
use std::sync::{Arc, Mutex};

use domain::authorization::{self, Client, KeyBytes, StoredKey};
use ids::{AuthKeyId, Layer, Now, Pts, UserId};
use mtproto::AuthKey;
use push::{PushError, Stretch};
use sealed::Need;
use store::{Commit, Ran, Store, StoreError, Tx};
use zeroize::Zeroizing;

use crate::entropy::OsRng;
use crate::ram_keys;

/// The store, and what `api` keeps in memory.
pub(crate) struct Backend {
    store: Store,
    env: api::Env,
    ram: Mutex<api::Ram>,
}

/// The keys that a push lacked.
fn needed<T>(pushed: &Result<T, PushError>) -> &[Need] {
    match pushed {
        Err(PushError::NeedKeys(needs)) => needs,
        Ok(_) | Err(PushError::LoggedOut | PushError::Layer | PushError::Store(_)) => &[],
    }
}

/// A permanent key as the store has it.
pub(crate) struct LoadedKey {
    pub(crate) key: Arc<AuthKey>,
    pub(crate) user: Option<UserId>,
    pub(crate) layer: Option<Layer>,
}

impl Backend {
    pub(crate) fn new(store: Store, env: api::Env, ram: api::Ram) -> Self {
        Self { store, env, ram: Mutex::new(ram) }
    }

    /// Runs one call.
    pub(crate) fn call(&self, caller: &api::Caller, body: &[u8], now: Now) -> api::Outcome {
        let run = || {
            api::run(api::Request {
                store: &self.store,
                env: &self.env,
                ram: &self.ram,
                caller,
                body,
                now,
                rng: &mut OsRng,
            })
        };
        self.until_open(run, |outcome| &outcome.needs)
    }

    /// Runs something again when it lacked keys, with the keys it lacked.
    fn until_open<T>(&self, mut run: impl FnMut() -> T, needs: impl Fn(&T) -> &[Need]) -> T {
        for _ in 0..ids::limits::NEED_RERUNS_MAX {
            let ran = run();
            if needs(&ran).is_empty() {
                return ran;
            }
            ram_keys::bring(self.store.door().keyring(), needs(&ran));
        }
        run()
    }

    fn read<T>(&self, mut run: impl FnMut(&Tx<'_>) -> Result<T, StoreError>) -> Ran<T, StoreError> {
        self.until_open(|| self.store.read(&mut run), |ran| &ran.needs)
    }

    fn write<T>(&self, mut run: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError>) -> Ran<T, StoreError> {
        self.until_open(|| self.store.write(&mut run), |ran| &ran.needs)
    }

    /// What happened in the box of a login's user, as updates in a layer.
    pub(crate) fn news(
        &self,
        key: AuthKeyId,
        stretch: Stretch,
        layer: Layer,
        now: Now,
    ) -> Result<push::Batch, PushError> {
        let run = || push::pending(&self.store, &self.env.hashes, key, stretch, layer, now.unix());
        self.until_open(run, needed)
    }

    /// Where the box of a login's user stands.
    pub(crate) fn head(&self, key: AuthKeyId) -> Result<Pts, PushError> {
        self.until_open(|| push::head(&self.store, key), needed)
    }

    /// Reads a permanent key.
    pub(crate) fn load_key(&self, id: AuthKeyId) -> Ran<Option<LoadedKey>, StoreError> {
        self.read(|tx| {
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
        self.write(|tx| {
            if authorization::key(tx, key.id())?.is_some() {
                return Ok(false);
            }
            authorization::store_key(tx, key.id(), &stored)?;
            Ok(true)
        })
    }

    /// Whether there is a permanent key with this id.
    pub(crate) fn has_key(&self, id: AuthKeyId) -> Ran<bool, StoreError> {
        self.read(|tx| Ok(authorization::key(tx, id)?.is_some()))
    }

    /// Destroys a permanent key and logs it out. False if there was none.
    pub(crate) fn destroy_key(&self, id: AuthKeyId, now: Now) -> Ran<bool, StoreError> {
        self.write(|tx| {
            let there = authorization::key(tx, id)?.is_some();
            authorization::destroy_key(tx, id, now.unix())?;
            Ok(there)
        })
    }

    /// Destroys a permanent key unless somebody is logged in with it. False if somebody is.
    pub(crate) fn destroy_stranger(&self, id: AuthKeyId, now: Now) -> Ran<bool, StoreError> {
        self.write(|tx| authorization::expire(tx, id, now.unix()))
    }

    /// Notes what a client says of itself.
    pub(crate) fn describe(&self, id: AuthKeyId, client: &Client) -> Ran<(), StoreError> {
        self.write(|tx| authorization::describe(tx, id, client))
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
