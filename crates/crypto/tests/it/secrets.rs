//! That keys do not print (threats of memory: debug output). A type that begins to print stops the build here.

use std::fmt::{Debug, Display};

use crypto::rsa::PrivateKey;
use crypto::sign::SigningKey;
use crypto::testing::hex;

/// Compiles only if the type does not implement the trait: otherwise there are two ways to read the path.
macro_rules! lacks {
    ($of:ty: $trait:ident) => {
        const _: fn() = || {
            trait Ambiguous<A> {
                fn which() {}
            }
            impl<T: ?Sized> Ambiguous<()> for T {}
            struct Implements;
            impl<T: ?Sized + $trait> Ambiguous<Implements> for T {}
            let _ = <$of as Ambiguous<_>>::which;
        };
    };
}

macro_rules! do_not_print {
    ($($of:ty),* $(,)?) => {
        $(
            lacks!($of: Debug);
            lacks!($of: Display);
        )*
    };
}

do_not_print!(
    crypto::Ctr,
    crypto::HmacKey,
    crypto::aead::Key,
    crypto::arena::Arena,
    crypto::arena::Slot,
    crypto::dh::Secret,
    crypto::hkdf::Salt,
    crypto::share::Share,
    SigningKey,
    crypto::stream::Opener,
    crypto::stream::Sealer,
);

#[test]
fn what_prints_shows_public_things_only() {
    let key = SigningKey::from_seed(&[1; 32]);
    let public: String = key.verifying().bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(format!("{:?}", key.verifying()), format!("VerifyingKey({public})"));
    assert_eq!(hex(&public), key.verifying().bytes());
    assert_eq!(format!("{:?}", PrivateKey::generate()), "PrivateKey { .. }");
}
