//! users.getRequirementsToContact.

use crate::world::World;

#[test]
fn nothing_is_required_of_whoever_is_known() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let user = |access_hash| tl::InputUser::InputUser { user_id: boris.id.0, access_hash };
    let right = world.env.hashes.of(anna.id, boris.id);
    let of = |id| tl::users::GetRequirementsToContact { id };
    let answer = world.ok(anna.device, &of(vec![user(right), tl::InputUser::InputUserSelf]));
    assert!(matches!(
        answer[..],
        [
            tl::RequirementToContact::RequirementToContactEmpty,
            tl::RequirementToContact::RequirementToContactEmpty
        ]
    ));
    assert_eq!(world.err(anna.device, &of(vec![user(right + 1)])), "400 USER_ID_INVALID");
    assert_eq!(world.err(anna.device, &of(vec![user(right); 201])), "400 LIMIT_INVALID");
}
