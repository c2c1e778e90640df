//! messages.getDialogFilters.

use ids::Layer;
use mtproto::server::RpcResult;

use super::update_dialog_filter::{filter, order, set};
use crate::world::World;

#[test]
fn who_has_made_none_has_that_of_all_dialogs() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    assert_eq!(order(&mut world, anna), [0]);
}

/// Until layer 174 the answer was a bare vector, and a name a plain text.
#[test]
fn old_layers_get_the_shape_they_know() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let people = tl::fields::DialogFilter { contacts: true, ..filter("People", Vec::new()) };
    world.ok(anna.device, &set(2, people));
    let old = crate::world::Device { layer: Some(Layer(158)), ..anna.device };
    let RpcResult::Answer(answer) = world.run(old, &0xf19e_d96d_u32.to_le_bytes()) else {
        panic!("no answer")
    };
    assert_eq!(answer[..8], [0x15, 0xc4, 0xb5, 0x1c, 2, 0, 0, 0]);
    assert_eq!(
        answer[12..16],
        0x7438_f7e8_u32.to_le_bytes(),
        "dialogFilter of that layer, after that of all"
    );
    assert!(answer.windows(7).any(|text| text == b"\x06People"));
}
