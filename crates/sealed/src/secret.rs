//! A value that cannot be shown by accident: reading it takes the word `expose`.

use std::ops::Deref;

use zeroize::{Zeroize, Zeroizing};

/// A value that has no `Debug`, `Display`, `Clone` or serialisation, and is erased when dropped. It stays where it was
/// allocated: moving a `Secret` copies no byte of it.
///
/// ```compile_fail
/// let key = sealed::Secret::new([7; 32]);
/// println!("{key:?}");
/// ```
///
/// ```compile_fail
/// let key = sealed::Secret::new([7; 32]);
/// println!("{key}");
/// ```
///
/// ```compile_fail
/// fn serialised(_: impl serde::Serialize) {}
/// serialised(sealed::Secret::new([7; 32]));
/// ```
///
/// ```compile_fail
/// let key = sealed::Secret::new([7; 32]);
/// let twice = key.clone();
/// ```
pub struct Secret<T: Zeroize>(Box<Zeroizing<T>>);

impl<T: Zeroize> Secret<T> {
    /// Takes the value in.
    pub fn new(value: T) -> Self {
        Self(Box::new(Zeroizing::new(value)))
    }

    /// The value, for as long as it is needed.
    #[must_use]
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize + Default> Secret<T> {
    /// A value that is made in its place, so that no copy of it is left anywhere else.
    pub fn made(make: impl FnOnce(&mut T)) -> Self {
        let mut secret = Self::new(T::default());
        make(&mut secret.0);
        secret
    }
}

impl<T: Zeroize> From<Zeroizing<T>> for Secret<T> {
    fn from(value: Zeroizing<T>) -> Self {
        Self(Box::new(value))
    }
}

/// 32 secret bytes on their way, erased when dropped. They are erased as a whole: byte by byte, which is what an array gets,
/// takes longer than some of the hashes that they come from.
#[derive(Clone)]
pub(crate) struct Erased([u8; 32]);

impl Erased {
    pub(crate) const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl Deref for Erased {
    type Target = [u8; 32];

    fn deref(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Drop for Erased {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

/// What a value was opened to. It has no `Debug`, `Display`, `Clone` or serialisation, and is erased when dropped, as a whole.
pub struct Plaintext(Vec<u8>);

impl Plaintext {
    /// Takes bytes in. They do not grow any more, so no copy of them is left behind.
    pub(crate) const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes, for as long as they are needed.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Takes other bytes in, in the same memory if it is enough; these are erased.
    pub(crate) fn replace(&mut self, bytes: &[u8]) {
        self.0.as_mut_slice().zeroize();
        self.0.clear();
        self.0.extend_from_slice(bytes);
    }
}

impl Drop for Plaintext {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}
