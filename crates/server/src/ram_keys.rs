//! Keys drawn at this start and kept in memory alone. They lock an engine that forgets as well, so nothing is lost with
//! them; nothing is kept either, and the server says so.
use crypto::Rng;
use ids::BoxId;
use sealed::{BoxSecrets, DirectoryBox, Incarnation, Keyring, Need, Numbering, OwnerTag, Secret};
use store::Door;

use crate::entropy::OsRng;

/// Keys that fit in locked memory: three for each account.
const KEYS_MAX: usize = 1 << 17;

/// A door with keys that nobody else has.
pub(crate) fn door() -> Door {
    let keyring = Keyring::new(KEYS_MAX);
    let numbering = Incarnation::new(0).map(Numbering::new);
    let rooted = numbering.is_some_and(|numbering| keyring.install_root(drawn(), numbering).is_ok());
    let always = DirectoryBox::all().map(DirectoryBox::id).chain([OwnerTag::SHORT_LIVED]);
    bring(&keyring, &always.map(Need::Box).collect::<Vec<_>>());
    let dated = keyring.install_day(0, drawn()).is_ok();
    assert!(rooted && dated, "an empty keyring takes its first keys");
    match Door::new(keyring, Box::new(OsRng)) {
        Ok(door) => door,
        Err(_) => unreachable!("the root is there"),
    }
}

/// Draws the keys that were needed. What does not fit is not there at the next look either, and the call fails.
pub(crate) fn bring(keyring: &Keyring, needs: &[Need]) {
    for &need in needs {
        let _ = match need {
            Need::Box(id) => keyring.install_box(id, of_box()).map(drop),
            Need::Device(id) | Need::MintDevice(id) => keyring.install_device(id, drawn()).map(drop),
            Need::Blank => keyring.install_blank(BoxId::drawn(OsRng.u64()), of_box()),
        };
    }
}

fn of_box() -> BoxSecrets {
    BoxSecrets { c: drawn(), x: drawn(), epoch: 0, sheet: None }
}

fn drawn() -> Secret<[u8; 32]> {
    Secret::made(|key: &mut [u8; 32]| OsRng.fill(key))
}
