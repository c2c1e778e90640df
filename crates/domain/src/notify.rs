//! Notification settings: of single dialogs, and of all of a kind.
//!
//! The server tells nobody of messages but by updates, so these are settings that a user's devices share. One of them the server
//! obeys itself: a dialog in the archive comes out of it with a new message unless it is muted. A set of settings in which
//! nothing is set is no row. Source: docs, account.updateNotifySettings, account.getNotifyExceptions; Notification settings.

use ids::limits::SOUND_TEXT_BYTES_MAX;
use ids::{BoxId, UnixTime};
use store::{Masked, StoreError, Tx, Window, record};

use crate::tables::NOTIFY;
use crate::update::{self, AppendError, Event, NotifyScope};
use crate::{Authed, Peer};

store::variants! {
    /// What is heard.
    pub enum Sound {
        /// What the device has for all.
        0 => Default,
        /// Nothing.
        1 => Silence,
        /// A sound that the device has under a name.
        2 => Local {
            /// What it is called.
            title: String,
            /// What the device knows it by.
            data: String,
        },
        /// One that was uploaded.
        3 => Ringtone {
            /// Its number.
            id: i64,
        },
    }
}

store::fields! {
    /// Settings; what is not set is as for all of the kind, or as the client has it.
    pub struct NotifySettings {
        /// Whether a notification shows the text.
        pub show_previews: Option<bool>,
        /// Whether it comes without a sound.
        pub silent: Option<bool>,
        /// Until when there is none.
        pub mute_until: Option<UnixTime>,
        /// What is heard.
        pub sound: Option<Sound>,
        /// Whether stories are without notifications.
        pub stories_muted: Option<bool>,
        /// Whether those hide whose they are.
        pub stories_hide_sender: Option<bool>,
        /// What is heard with them.
        pub stories_sound: Option<Sound>,
    }
}

record! {
    /// Settings at rest.
    pub struct NotifyRow v1 {
        pub(crate) scope: NotifyScope,
        pub(crate) settings: NotifySettings,
    }
}

/// Why settings were not changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotifyError {
    /// The name of a sound is too long.
    #[error("the name of a sound is too long")]
    Sound,
    /// It could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// Which settings of dialogs count as an exception from those of their kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Compared {
    /// Also those in which nothing but a sound is set.
    pub sound: bool,
    /// Also those in which nothing is set but what is about stories.
    pub stories: bool,
}

/// The caller's settings for something, all at once: what is not set in `settings` is not set any more.
///
/// # Errors
/// The [`NotifyError`].
pub fn set(
    tx: &mut Tx<'_>,
    by: Authed,
    scope: NotifyScope,
    settings: NotifySettings,
    now: UnixTime,
) -> Result<(), NotifyError> {
    if [&settings.sound, &settings.stories_sound].into_iter().flatten().any(Sound::is_long) {
        return Err(NotifyError::Sound);
    }
    let own = by.own_box();
    tx.enter(&[own]).map_err(AppendError::from)?;
    Ok(write(tx, own, scope, settings, now)?)
}

/// Takes all settings of the caller back.
///
/// # Errors
/// The [`AppendError`].
pub fn reset(tx: &mut Tx<'_>, by: Authed, now: UnixTime) -> Result<(), AppendError> {
    let own = by.own_box();
    tx.enter(&[own])?;
    for ((), row) in tx.range(&NOTIFY, own, .., Window::first(usize::MAX))? {
        write(tx, own, row.scope, NotifySettings::NONE, now)?;
    }
    Ok(())
}

fn write(
    tx: &mut Tx<'_>,
    own: BoxId,
    scope: NotifyScope,
    settings: NotifySettings,
    now: UnixTime,
) -> Result<(), AppendError> {
    let before = tx.get(&NOTIFY, own, &key(scope))?.map_or(NotifySettings::NONE, |row| row.settings);
    if before == settings {
        return Ok(());
    }
    if settings == NotifySettings::NONE {
        tx.delete(&NOTIFY, own, &key(scope))?;
    } else {
        tx.put(&NOTIFY, own, &key(scope), &NotifyRow { scope, settings })?;
    }
    let head = update::head(tx, own)?;
    update::append(tx, own, head, update::date_after(head, now), Event::Notify { scope })?;
    Ok(())
}

/// The caller's settings for something.
///
/// # Errors
/// When the store fails.
pub fn of(tx: &Tx<'_>, by: Authed, scope: NotifyScope) -> Result<NotifySettings, StoreError> {
    let row = tx.get(&NOTIFY, by.own_box(), &key(scope))?;
    Ok(row.map_or(NotifySettings::NONE, |row| row.settings))
}

/// The caller's settings for dialogs, in the order asked.
///
/// # Errors
/// When the store fails.
pub fn of_peers(tx: &Tx<'_>, by: Authed, peers: &[Peer]) -> Result<Vec<NotifySettings>, StoreError> {
    let keys: Vec<_> = peers.iter().map(|&peer| key(NotifyScope::Peer { peer })).collect();
    let rows = tx.multi_get(&NOTIFY, by.own_box(), &keys)?;
    Ok(rows.into_iter().map(|row| row.map_or(NotifySettings::NONE, |row| row.settings)).collect())
}

/// The dialogs for which the caller has settings of their own.
///
/// # Errors
/// When the store fails.
pub fn exceptions(
    tx: &Tx<'_>,
    by: Authed,
    compared: Compared,
) -> Result<Vec<(Peer, NotifySettings)>, StoreError> {
    let rows = tx.range(&NOTIFY, by.own_box(), .., Window::first(usize::MAX))?;
    let exception = |NotifyRow { scope, settings }: NotifyRow| match scope {
        NotifyScope::Peer { peer } if settings.differs(compared) => Some((peer, settings)),
        NotifyScope::Peer { .. } | NotifyScope::Users | NotifyScope::Chats | NotifyScope::Broadcasts => None,
    };
    Ok(rows.into_iter().filter_map(|((), row)| exception(row)).collect())
}

/// Whether a new message in a dialog makes no notification: the dialog is muted, or, if it says nothing of that, all users
/// are.
pub(crate) fn is_muted(tx: &Tx<'_>, of: BoxId, peer: Peer, now: UnixTime) -> Result<bool, StoreError> {
    let scopes = [key(NotifyScope::Peer { peer }), key(NotifyScope::Users)];
    let rows = tx.multi_get(&NOTIFY, of, &scopes)?;
    let until = rows.into_iter().flatten().find_map(|row| row.settings.mute_until);
    Ok(until.is_some_and(|until| until > now))
}

/// Peers are positive numbers; the kinds have numbers that no peer has.
fn key(scope: NotifyScope) -> Masked {
    Masked(match scope {
        NotifyScope::Peer { peer } => peer.number(),
        NotifyScope::Users => u64::MAX,
        NotifyScope::Chats => u64::MAX - 1,
        NotifyScope::Broadcasts => u64::MAX - 2,
    })
}

impl NotifySettings {
    /// Nothing is set.
    pub const NONE: Self = Self {
        show_previews: None,
        silent: None,
        mute_until: None,
        sound: None,
        stories_muted: None,
        stories_hide_sender: None,
        stories_sound: None,
    };

    fn differs(&self, compared: Compared) -> bool {
        let stories = self.stories_muted.is_some() || self.stories_hide_sender.is_some();
        self.show_previews.is_some()
            || self.silent.is_some()
            || self.mute_until.is_some()
            || (compared.sound && (self.sound.is_some() || self.stories_sound.is_some()))
            || (compared.stories && stories)
    }
}

impl Sound {
    fn is_long(&self) -> bool {
        match self {
            Self::Local { title, data } => title.len().max(data.len()) > SOUND_TEXT_BYTES_MAX,
            Self::Default | Self::Silence | Self::Ringtone { .. } => false,
        }
    }
}
