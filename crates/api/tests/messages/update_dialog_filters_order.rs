//! messages.updateDialogFiltersOrder.

use super::update_dialog_filter::{filter, order, set};
use crate::world::World;

#[test]
fn the_order_is_the_callers_and_who_is_not_named_stands_behind() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    for id in [2, 3, 4] {
        let people = tl::fields::DialogFilter { contacts: true, ..filter("People", Vec::new()) };
        world.ok(anna.device, &set(id, people));
    }
    assert_eq!(order(&mut world, anna), [0, 2, 3, 4]);
    let to = |order: &[i32]| tl::messages::UpdateDialogFiltersOrder { order: order.to_vec() };
    assert!(world.ok(anna.device, &to(&[4, 0, 2])));
    assert_eq!(order(&mut world, anna), [4, 0, 2, 3]);
    assert!(world.ok(anna.device, &to(&[4, 0, 2, 3])) && world.touched.is_empty(), "no change, no event");
    let events = world.events(anna, 4);
    let [tl::Update::UpdateDialogFilterOrder { order: told }] = &events[..] else { panic!("not one event") };
    assert_eq!(told[..], [4, 0, 2, 3]);
    assert_eq!(world.err(anna.device, &to(&[9])), "400 FILTER_ID_INVALID");
    assert_eq!(world.err(anna.device, &to(&[-1])), "400 FILTER_ID_INVALID");
    assert_eq!(world.err(anna.device, &to(&[2; 101])), "400 LIMIT_INVALID");
    // What stood before all dialogs goes, and the others keep their places.
    world.ok(anna.device, &tl::messages::UpdateDialogFilter { id: 4, filter: None });
    assert_eq!(order(&mut world, anna), [0, 2, 3]);
}
