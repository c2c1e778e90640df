//! account.getPrivacy.

use crate::world::World;

#[test]
fn everybody_until_somebody_says_otherwise() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let status = || tl::account::GetPrivacy { key: tl::InputPrivacyKey::InputPrivacyKeyStatusTimestamp };
    let tl::account::PrivacyRules::PrivacyRules(usual) = world.ok(anna.device, &status());
    assert!(matches!(&usual.rules[..], [tl::PrivacyRule::PrivacyValueAllowAll]));
    let rules = vec![tl::InputPrivacyRule::InputPrivacyValueAllowContacts];
    let key = tl::InputPrivacyKey::InputPrivacyKeyStatusTimestamp;
    world.ok(anna.device, &tl::account::SetPrivacy { key, rules });
    let tl::account::PrivacyRules::PrivacyRules(set) = world.ok(anna.device, &status());
    assert!(matches!(&set.rules[..], [tl::PrivacyRule::PrivacyValueAllowContacts]));
    let other = tl::account::GetPrivacy { key: tl::InputPrivacyKey::InputPrivacyKeyAbout };
    assert_eq!(world.err(anna.device, &other), "400 PRIVACY_KEY_INVALID");
}
