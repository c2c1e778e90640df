//! help.getConfig.

use crate::world::{BEGIN_S, Device, World};

#[test]
fn every_data_centre_is_here_and_the_clients_own_is_this_one() {
    let mut world = World::new();
    let device = world.device();
    let fresh = Device { layer: None, ..device };
    let tl::Config::Config(config) = world.ok(fresh, &tl::help::GetConfig {});
    assert_eq!(config.this_dc, 2);
    assert_eq!((config.date, config.expires), (BEGIN_S as i32, BEGIN_S as i32 + 3600));
    let options = config.dc_options.iter().map(|tl::DcOption::DcOption(option)| {
        assert_eq!((option.ip_address.as_str(), option.port), ("192.0.2.10", 443));
        assert!(!option.media_only && !option.cdn && option.secret.is_none());
        option.id
    });
    assert_eq!(options.collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert!(config.me_url_prefix.ends_with('/'));
    assert!(!config.test_mode && config.tmp_sessions.is_none());
}
