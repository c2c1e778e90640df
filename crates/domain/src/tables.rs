//! All tables, each with its owner and how its rows go away (P47). Numbers are never used twice, not even for a table
//! that is gone.
//!
//! A suffix holds message numbers, pts and random ids in clear and nothing else; users, phones and keys are masked
//! or only choose a page.

use ids::{AuthKeyId, BoxId, MsgId, Pts, RandomId};
use store::{Directory, Masked, Page};

use crate::account::{Account, PhonePage};
use crate::authorization::{Binding, Client, Device, StoredKey};
use crate::block::{BlockPage, BlockedRow};
use crate::contact::{BookPage, HolderPage};
use crate::dialog::DialogRow;
use crate::draft::DraftRow;
use crate::filter::FiltersRow;
use crate::message::{ClearingRow, MessageRow, OwnTimer, PinRow, SavedPinsRow, SentRow};
use crate::notify::NotifyRow;
use crate::privacy::PrivacyRow;
use crate::update::LogRow;
use crate::username::UsernamePage;

store::tables! {
    /// Permanent auth keys.
    KEYS = 1: AuthKeyId, () => StoredKey, WithOwner, Static;
    /// What the client of a key says of itself.
    CLIENTS = 2: AuthKeyId, () => Client, WithOwner, Static;
    /// The account that a key is logged in to; gone with the key, and before that at log-out.
    BINDINGS = 3: AuthKeyId, () => Binding, WithOwner, Static;
    /// The keys logged in to an account.
    DEVICES = 4: BoxId, Masked => Device, WithOwner, Fresh;
    /// Accounts by user.
    ACCOUNTS = 5: Directory, Masked => Account, WithSubject, Fresh;
    /// Users by phone number.
    PHONES = 6: Directory, Page => PhonePage, WithSubject, Fresh;
    /// Messages by peer and number: a dialog's history is one range.
    MESSAGES = 7: BoxId, (Masked, MsgId) => MessageRow, WithOwner, Fresh;
    /// Dialogs by peer.
    DIALOGS = 8: BoxId, Masked => DialogRow, WithOwner, Kept;
    /// The update log.
    LOG = 9: BoxId, Pts => LogRow, WithOwner, Fresh;
    /// Messages sent, by the client's own number of them (T7).
    SENT = 10: BoxId, RandomId => SentRow, WithOwner, Fresh;
    /// The address book, in 256 pages by number.
    CONTACTS = 11: BoxId, u8 => BookPage, WithOwner, Fresh;
    /// Who has a number in his address book.
    HOLDERS = 12: Directory, Page => HolderPage, WithSubject, Fresh;
    /// Users by username.
    USERNAMES = 13: Directory, Page => UsernamePage, WithSubject, Fresh;
    /// Whom the box's owner blocked.
    BLOCKED = 14: BoxId, Masked => BlockedRow, WithOwner, Fresh;
    /// Who blocked whom.
    BLOCKS = 15: Directory, Page => BlockPage, WithSubject, Fresh;
    /// Drafts by peer.
    DRAFTS = 16: BoxId, Masked => DraftRow, WithOwner, Short;
    /// Notification settings by peer, and by kind of peers.
    NOTIFY = 17: BoxId, Masked => NotifyRow, WithOwner, Fresh;
    /// Folders of the owner's own.
    FILTERS = 18: BoxId, () => FiltersRow, WithOwner, Fresh;
    /// Messages that are pinned in their dialogs, by peer and number.
    PINS = 20: BoxId, (Masked, MsgId) => PinRow, WithOwner, Kept;
    /// The timer that the box's owner's new dialogs begin with.
    OWN_TIMER = 21: BoxId, () => OwnTimer, WithOwner, Fresh;
    /// Whom a user lets see when he was there last.
    PRIVACY = 22: Directory, Masked => PrivacyRow, WithSubject, Fresh;
    /// Which dialogs of saved messages are pinned.
    SAVED_PINS = 23: BoxId, () => SavedPinsRow, WithOwner, Fresh;
    /// Deletions of saved messages that have begun, by the peer they were saved from.
    SAVED_CLEARING = 24: BoxId, Masked => ClearingRow, WithOwner, Short;
}
