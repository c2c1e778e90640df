//! Auth keys as they are kept, and which account each is bound to.
//!
//! Three rows hang on a permanent key: its bytes, what its client says of itself, and, while somebody is logged in,
//! the binding. The account's box lists its keys. No address of a client is in any of them (P30). Temporary keys are
//! never stored (T12).
//!
//! While nobody is logged in the rows lie under the key of the day and are gone with it; whoever logs in gets a key of
//! the device's own, which is destroyed when he logs out. Outbox rows order both ends (docs/keys.md 4.2).

use ids::limits::KEY_WITHOUT_USER_LIFE_MS;
use ids::{AuthKeyId, BoxId, Layer, UnixTime, UserId};
use store::outbox::OutboxRow;
use store::{Fault, Field, Masked, Plain, Reader, StoreError, Tx, record};
use zeroize::Zeroizing;

use crate::tables::{BINDINGS, CLIENTS, DEVICES, KEYS};

pub use crate::orders;

/// The caller: this auth key was bound to this user when the transaction looked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Authed {
    user: UserId,
    key: AuthKeyId,
}

/// The 256 bytes of an auth key; wiped when dropped, never printed.
#[derive(Clone)]
pub struct KeyBytes(Box<Zeroizing<[u8; 256]>>);

record! {
    /// A permanent auth key.
    pub struct StoredKey v1 {
        /// Its bytes.
        pub bytes: KeyBytes,
        /// When it was agreed.
        pub created: UnixTime,
    }
}

record! {
    /// What a client says of itself in invokeWithLayer and initConnection.
    pub struct Client v1 {
        /// The layer it speaks.
        pub layer: Layer,
        /// Its application's number.
        pub api_id: i32,
        /// "Pixel 9".
        pub device_model: ClientText,
        /// "Android 16".
        pub system_version: ClientText,
        /// "12.1".
        pub app_version: ClientText,
        /// Language of the system, "en-US".
        pub system_lang_code: ClientText,
        /// Name of its language pack.
        pub lang_pack: ClientText,
        /// Language it is shown in.
        pub lang_code: ClientText,
    }
}

record! {
    /// That a key is logged in.
    #[derive(Copy)]
    pub struct Binding v1 {
        /// Whose it is.
        pub user: UserId,
        /// Since when.
        pub since: UnixTime,
    }
}

record! {
    /// A key in its account's list.
    #[derive(Copy)]
    pub struct Device v1 {
        /// The key.
        pub key: AuthKeyId,
    }
}

/// A text that a client says of itself; never printed, cut at 64 characters.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ClientText(String);

impl Authed {
    /// The user who calls.
    pub const fn user(self) -> UserId {
        self.user
    }

    /// The permanent key he calls with.
    pub const fn key(self) -> AuthKeyId {
        self.key
    }

    /// His box.
    pub fn own_box(self) -> BoxId {
        self.user.into()
    }
}

/// Keeps a key that was just agreed; it goes after 24 hours unless somebody logs in with it.
///
/// # Errors
/// When the store fails.
pub fn store_key(tx: &mut Tx<'_>, id: AuthKeyId, key: &StoredKey) -> Result<(), StoreError> {
    tx.put(&KEYS, id, &(), key)?;
    order(tx, orders::EXPIRE_KEY, id, after_stranger_life(key.created))
}

/// Destroys a key unless somebody is logged in with it; whether nobody is.
///
/// # Errors
/// When the store fails.
pub fn expire(tx: &mut Tx<'_>, id: AuthKeyId, now: UnixTime) -> Result<bool, StoreError> {
    if binding(tx, id)?.is_some() {
        return Ok(false);
    }
    destroy_key(tx, id, now)?;
    Ok(true)
}

/// Whether nobody is logged in on a device, nor about to with a key that was minted for it. Only then may its key be
/// destroyed, as ordered, or another one minted, which destroys it too; and never both side by side.
///
/// # Errors
/// When the store fails.
pub fn is_unused(tx: &Tx<'_>, id: AuthKeyId) -> Result<bool, StoreError> {
    Ok(!tx.is_claimed(id)? && !tx.has_minted_key(id))
}

fn order(tx: &mut Tx<'_>, kind: u16, id: AuthKeyId, due: UnixTime) -> Result<(), StoreError> {
    tx.enqueue(due, &OutboxRow { kind, of: BoxId(0), reference: id.0 }).map(drop)
}

fn after_stranger_life(from: UnixTime) -> UnixTime {
    UnixTime(from.0 + KEY_WITHOUT_USER_LIFE_MS.cast_signed() / 1000)
}

/// The key with this id.
///
/// # Errors
/// When the store fails.
pub fn key(tx: &Tx<'_>, id: AuthKeyId) -> Result<Option<StoredKey>, StoreError> {
    tx.get(&KEYS, id, &())
}

/// Forgets a key and all that hangs on it; its user is logged out there.
///
/// # Errors
/// When the store fails.
pub fn destroy_key(tx: &mut Tx<'_>, id: AuthKeyId, now: UnixTime) -> Result<(), StoreError> {
    let binding = binding(tx, id)?;
    if tx.disclaim(id)? {
        order(tx, orders::DESTROY_DEVICE_KEY, id, now)?;
    }
    if let Some(binding) = binding {
        unbind(tx, binding, id)?;
    }
    tx.delete(&CLIENTS, id, &())?;
    tx.delete(&KEYS, id, &())
}

/// Notes what a client says of itself; writes only what changed.
///
/// # Errors
/// When the store fails.
pub fn describe(tx: &mut Tx<'_>, id: AuthKeyId, client: &Client) -> Result<(), StoreError> {
    if self::client(tx, id)?.as_ref() == Some(client) {
        return Ok(());
    }
    tx.put(&CLIENTS, id, &(), client)
}

/// What the client of this key said of itself last.
///
/// # Errors
/// When the store fails.
pub fn client(tx: &Tx<'_>, id: AuthKeyId) -> Result<Option<Client>, StoreError> {
    tx.get(&CLIENTS, id, &())
}

/// Who calls with this key; nobody when it is not logged in.
///
/// # Errors
/// When the store fails.
pub fn authenticate(tx: &Tx<'_>, key: AuthKeyId) -> Result<Option<Authed>, StoreError> {
    Ok(tx.get(&BINDINGS, key, &())?.map(|binding| Authed { user: binding.user, key }))
}

/// Since when a key is logged in, and as whom.
///
/// # Errors
/// When the store fails.
pub fn binding(tx: &Tx<'_>, key: AuthKeyId) -> Result<Option<Binding>, StoreError> {
    tx.get(&BINDINGS, key, &())
}

/// The keys that are logged in to an account.
///
/// # Errors
/// When the store fails.
pub fn devices(tx: &Tx<'_>, user: UserId) -> Result<Vec<AuthKeyId>, StoreError> {
    let rows = tx.range(&DEVICES, BoxId::from(user), .., store::Window::first(usize::MAX))?;
    Ok(rows.into_iter().map(|(_, device)| device.key).collect())
}

/// Logs a key out; whose it was, if anybody's. The key itself stays usable for a new login, for a day; what its device
/// had a key of its own for is destroyed.
///
/// # Errors
/// When the store fails.
pub fn log_out(tx: &mut Tx<'_>, key: AuthKeyId, now: UnixTime) -> Result<Option<UserId>, StoreError> {
    let Some(binding) = binding(tx, key)? else {
        return Ok(None);
    };
    if tx.disclaim(key)? {
        order(tx, orders::DESTROY_DEVICE_KEY, key, now)?;
    }
    unbind(tx, binding, key)?;
    order(tx, orders::EXPIRE_KEY, key, after_stranger_life(now))?;
    Ok(Some(binding.user))
}

fn unbind(tx: &mut Tx<'_>, binding: Binding, key: AuthKeyId) -> Result<(), StoreError> {
    tx.enter(&[binding.user.into()])?;
    unlist(tx, binding.user, key)?;
    tx.delete(&BINDINGS, key, &())
}

/// Binds a key to an account, and to no other any more (A16).
pub(crate) fn bind(
    tx: &mut Tx<'_>,
    key: AuthKeyId,
    user: UserId,
    now: UnixTime,
) -> Result<Authed, StoreError> {
    let before = binding(tx, key)?;
    let boxes: Vec<BoxId> =
        [user].into_iter().chain(before.map(|before| before.user)).map(BoxId::from).collect();
    // What is missing is asked for all at once.
    let (entered, claimed) = (tx.enter(&boxes), tx.claim(key));
    entered.and(claimed)?;
    if let Some(before) = before {
        unlist(tx, before.user, key)?;
    }
    tx.put(&BINDINGS, key, &(), &Binding { user, since: now })?;
    tx.put(&DEVICES, BoxId::from(user), &masked(key), &Device { key })?;
    Ok(Authed { user, key })
}

fn unlist(tx: &mut Tx<'_>, user: UserId, key: AuthKeyId) -> Result<(), StoreError> {
    tx.delete(&DEVICES, BoxId::from(user), &masked(key))
}

fn masked(key: AuthKeyId) -> Masked {
    Masked(key.0)
}

impl KeyBytes {
    /// Takes a copy; the caller wipes his own.
    pub fn new(bytes: &[u8; 256]) -> Self {
        Self(Box::new(Zeroizing::new(*bytes)))
    }

    /// The bytes.
    pub fn expose(&self) -> &[u8; 256] {
        &self.0
    }
}

impl PartialEq for KeyBytes {
    fn eq(&self, other: &Self) -> bool {
        // Every byte is looked at, whatever the first ones are.
        self.0.iter().zip(other.0.iter()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
    }
}

impl Eq for KeyBytes {}

impl Field for KeyBytes {
    fn put(&self, out: &mut Plain) {
        out.extend_from_slice(self.expose());
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let bytes = reader.slice(256)?.try_into().map_err(|_| Fault::Short)?;
        Ok(Self::new(bytes))
    }
}

impl ClientText {
    /// Takes the first 64 characters, control characters left out.
    pub fn new(text: &str) -> Self {
        Self(
            text.chars().filter(|char| !char.is_control()).take(ids::limits::CLIENT_TEXT_CHARS_MAX).collect(),
        )
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Field for ClientText {
    fn put(&self, out: &mut Plain) {
        self.0.put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        String::take(reader).map(Self)
    }
}
