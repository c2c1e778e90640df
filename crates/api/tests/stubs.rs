//! What is not implemented answers an explicit error or an empty truth, in every layer.

use mtproto::server::RpcResult;

use crate::world::World;

fn run(world: &mut World, device: crate::world::Device, id: u32) -> Result<Vec<u8>, String> {
    let mut body = id.to_le_bytes().to_vec();
    body.extend([0; 8]);
    match world.run(device, &body) {
        RpcResult::Answer(bytes) => Ok(bytes),
        RpcResult::Error(failure) => Err(format!("{} {}", failure.code, failure.name)),
    }
}

#[test]
fn an_account_without_stickers_has_an_empty_list_of_them() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    // messages.getAllStickers answers messages.allStickers: hash 0, no sets.
    let answer = run(&mut world, anna.device, 0xb8a0_a1a8).unwrap();
    assert_eq!(
        answer,
        [&0xcdbb_cebb_u32.to_le_bytes()[..], &[0; 8], &[0x15, 0xc4, 0xb5, 0x1c], &[0; 4]].concat()
    );
}

#[test]
fn an_action_never_answers_true() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    // account.registerDevice: there is no push to register for.
    assert_eq!(run(&mut world, anna.device, 0xec86_017a), Err("400 INPUT_METHOD_INVALID".to_owned()));
}

#[test]
fn without_a_login_most_are_401() {
    let mut world = World::new();
    let device = world.device();
    assert_eq!(run(&mut world, device, 0xb8a0_a1a8), Err("401 AUTH_KEY_UNREGISTERED".to_owned()));
}
