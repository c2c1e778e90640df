//! `PrivacyRule` and `InputPrivacyRule`: whom somebody lets see something of himself.
//!
//! Rules about groups, bots, premium and close friends are refused: there are none here, and a rule that never holds would be a
//! promise. Source: <https://core.telegram.org/api/privacy>.

use domain::privacy::Rule;
use domain::{AccessHashes, Authed};
use ids::UserId;

use crate::peer::input_user;

/// A rule that cannot be kept, or one that names somebody unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RuleRefused;

/// Rules.
pub fn privacy_rules(rules: &[Rule]) -> Vec<tl::PrivacyRule> {
    let ids = |users: &[UserId]| users.iter().map(|user| user.0).collect();
    let rule = |rule: &Rule| match rule {
        Rule::AllowAll => tl::PrivacyRule::PrivacyValueAllowAll,
        Rule::DenyAll => tl::PrivacyRule::PrivacyValueDisallowAll,
        Rule::AllowContacts => tl::PrivacyRule::PrivacyValueAllowContacts,
        Rule::DenyContacts => tl::PrivacyRule::PrivacyValueDisallowContacts,
        Rule::AllowUsers { users } => tl::PrivacyRule::PrivacyValueAllowUsers { users: ids(users) },
        Rule::DenyUsers { users } => tl::PrivacyRule::PrivacyValueDisallowUsers { users: ids(users) },
    };
    rules.iter().map(rule).collect()
}

/// The rules that a client means.
///
/// # Errors
/// [`RuleRefused`].
pub fn parse_privacy_rules(
    hashes: &AccessHashes,
    by: Authed,
    rules: &[tl::InputPrivacyRule],
) -> Result<Vec<Rule>, RuleRefused> {
    let known = |users: &[tl::InputUser]| {
        let user = |input| input_user(hashes, by, input).map(|known| known.user());
        users.iter().map(user).collect::<Result<Vec<_>, _>>().map_err(|_unknown| RuleRefused)
    };
    let rule = |rule: &tl::InputPrivacyRule| match rule {
        tl::InputPrivacyRule::InputPrivacyValueAllowAll => Ok(Rule::AllowAll),
        tl::InputPrivacyRule::InputPrivacyValueDisallowAll => Ok(Rule::DenyAll),
        tl::InputPrivacyRule::InputPrivacyValueAllowContacts => Ok(Rule::AllowContacts),
        tl::InputPrivacyRule::InputPrivacyValueDisallowContacts => Ok(Rule::DenyContacts),
        tl::InputPrivacyRule::InputPrivacyValueAllowUsers { users } => {
            Ok(Rule::AllowUsers { users: known(users)? })
        }
        tl::InputPrivacyRule::InputPrivacyValueDisallowUsers { users } => {
            Ok(Rule::DenyUsers { users: known(users)? })
        }
        tl::InputPrivacyRule::InputPrivacyValueAllowChatParticipants { .. }
        | tl::InputPrivacyRule::InputPrivacyValueDisallowChatParticipants { .. }
        | tl::InputPrivacyRule::InputPrivacyValueAllowCloseFriends
        | tl::InputPrivacyRule::InputPrivacyValueAllowPremium
        | tl::InputPrivacyRule::InputPrivacyValueAllowBots
        | tl::InputPrivacyRule::InputPrivacyValueDisallowBots => Err(RuleRefused),
    };
    rules.iter().map(rule).collect()
}
