//! The rules of a privacy key as both methods about them answer.

use domain::Authed;
use domain::privacy::{self, Rule};
use store::{StoreError, Tx};
use tl::fields;
use views::{Mentioned, Sight};

use crate::RpcError;

/// Of all that others can see only one thing has rules here. What does not exist has none, and the rest is as it is for all.
pub(crate) fn must_be_status(key: &tl::InputPrivacyKey) -> Result<(), RpcError> {
    match key {
        tl::InputPrivacyKey::InputPrivacyKeyStatusTimestamp => Ok(()),
        tl::InputPrivacyKey::InputPrivacyKeyChatInvite
        | tl::InputPrivacyKey::InputPrivacyKeyPhoneCall
        | tl::InputPrivacyKey::InputPrivacyKeyPhoneP2P
        | tl::InputPrivacyKey::InputPrivacyKeyForwards
        | tl::InputPrivacyKey::InputPrivacyKeyProfilePhoto
        | tl::InputPrivacyKey::InputPrivacyKeyPhoneNumber
        | tl::InputPrivacyKey::InputPrivacyKeyAddedByPhone
        | tl::InputPrivacyKey::InputPrivacyKeyVoiceMessages
        | tl::InputPrivacyKey::InputPrivacyKeyAbout
        | tl::InputPrivacyKey::InputPrivacyKeyBirthday
        | tl::InputPrivacyKey::InputPrivacyKeyStarGiftsAutoSave
        | tl::InputPrivacyKey::InputPrivacyKeyNoPaidMessages
        | tl::InputPrivacyKey::InputPrivacyKeySavedMusic => Err(RpcError::PrivacyKeyInvalid),
    }
}

/// The caller's rules, with those whom they name.
pub(crate) fn privacy_rules(
    tx: &Tx<'_>,
    sight: &Sight<'_>,
    by: Authed,
) -> Result<tl::account::PrivacyRules, StoreError> {
    let rules = privacy::own(tx, by)?;
    let mut mentioned = Mentioned::default();
    rules.iter().flat_map(Rule::users).for_each(|user| mentioned.add(*user));
    let users = mentioned.users(tx, sight, by.user())?;
    Ok(fields::account::PrivacyRules { rules: views::privacy_rules(&rules), chats: Vec::new(), users }.into())
}
