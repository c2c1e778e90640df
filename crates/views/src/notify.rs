//! `PeerNotifySettings`, `NotifyPeer`, and the inputs that name and set them.
//!
//! A sound is the same on all platforms, as it is when clients set it. Source: <https://core.telegram.org/constructor/peerNotifySettings>.

use domain::notify::{NotifySettings, Sound};
use domain::update::NotifyScope;
use domain::{AccessHashes, Authed};
use ids::UnixTime;
use tl::fields;

use crate::peer::{PeerError, input_peer, peer};

/// Settings as clients read them.
pub fn peer_notify_settings(settings: &NotifySettings) -> tl::PeerNotifySettings {
    let sound = |of: &Option<Sound>| of.as_ref().map(notification_sound);
    fields::PeerNotifySettings {
        show_previews: settings.show_previews,
        silent: settings.silent,
        mute_until: settings.mute_until.map(UnixTime::as_int),
        ios_sound: sound(&settings.sound),
        android_sound: sound(&settings.sound),
        other_sound: sound(&settings.sound),
        stories_muted: settings.stories_muted,
        stories_hide_sender: settings.stories_hide_sender,
        stories_ios_sound: sound(&settings.stories_sound),
        stories_android_sound: sound(&settings.stories_sound),
        stories_other_sound: sound(&settings.stories_sound),
    }
    .into()
}

/// Settings that changed.
pub fn notify_update(scope: NotifyScope, settings: &NotifySettings) -> tl::Update {
    let peer = match scope {
        NotifyScope::Peer { peer: with } => tl::NotifyPeer::NotifyPeer { peer: peer(with) },
        NotifyScope::Users => tl::NotifyPeer::NotifyUsers,
        NotifyScope::Chats => tl::NotifyPeer::NotifyChats,
        NotifyScope::Broadcasts => tl::NotifyPeer::NotifyBroadcasts,
    };
    let notify_settings = peer_notify_settings(settings);
    fields::UpdateNotifySettings { peer, notify_settings }.into()
}

/// What a client wants to have.
pub fn notify_settings(input: &tl::InputPeerNotifySettings) -> NotifySettings {
    let tl::InputPeerNotifySettings::InputPeerNotifySettings(input) = input;
    let sound = |of: &Option<tl::NotificationSound>| of.as_ref().map(parse_sound);
    NotifySettings {
        show_previews: input.show_previews,
        silent: input.silent,
        mute_until: input.mute_until.map(|until| UnixTime(until.into())),
        sound: sound(&input.sound),
        stories_muted: input.stories_muted,
        stories_hide_sender: input.stories_hide_sender,
        stories_sound: sound(&input.stories_sound),
    }
}

/// What an `InputNotifyPeer` means. There are no topics and no communities.
///
/// # Errors
/// The [`PeerError`].
pub fn input_notify_peer(
    hashes: &AccessHashes,
    by: Authed,
    input: &tl::InputNotifyPeer,
) -> Result<NotifyScope, PeerError> {
    match input {
        tl::InputNotifyPeer::InputNotifyPeer { peer } => {
            Ok(NotifyScope::Peer { peer: input_peer(hashes, by, peer)?.peer() })
        }
        tl::InputNotifyPeer::InputNotifyUsers => Ok(NotifyScope::Users),
        tl::InputNotifyPeer::InputNotifyChats => Ok(NotifyScope::Chats),
        tl::InputNotifyPeer::InputNotifyBroadcasts => Ok(NotifyScope::Broadcasts),
        tl::InputNotifyPeer::InputNotifyForumTopic { .. } => Err(PeerError::Empty),
        tl::InputNotifyPeer::InputNotifyCommunity { .. } => Err(PeerError::Channel),
    }
}

fn notification_sound(sound: &Sound) -> tl::NotificationSound {
    match sound {
        Sound::Default => tl::NotificationSound::NotificationSoundDefault,
        Sound::Silence => tl::NotificationSound::NotificationSoundNone,
        Sound::Local { title, data } => {
            fields::NotificationSoundLocal { title: title.clone(), data: data.clone() }.into()
        }
        Sound::Ringtone { id } => tl::NotificationSound::NotificationSoundRingtone { id: *id },
    }
}

fn parse_sound(sound: &tl::NotificationSound) -> Sound {
    match sound {
        tl::NotificationSound::NotificationSoundDefault => Sound::Default,
        tl::NotificationSound::NotificationSoundNone => Sound::Silence,
        tl::NotificationSound::NotificationSoundLocal(local) => {
            Sound::Local { title: local.title.clone(), data: local.data.clone() }
        }
        tl::NotificationSound::NotificationSoundRingtone { id } => Sound::Ringtone { id: *id },
    }
}
