//! account.checkUsername.

use crate::world::World;

#[test]
fn a_name_is_free_unless_somebody_else_has_it() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let check = |text: &str| tl::account::CheckUsername { username: text.to_owned() };
    assert!(world.ok(boris.device, &check("anna_b")));
    world.ok(anna.device, &tl::account::UpdateUsername { username: "Anna_B".to_owned() });
    assert!(!world.ok(boris.device, &check("anna_b")));
    assert!(world.ok(anna.device, &check("anna_b")));
    assert_eq!(world.err(anna.device, &check("x")), "400 USERNAME_INVALID");
}
