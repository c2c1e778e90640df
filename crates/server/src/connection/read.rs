//! One read buffer per network thread, shared by all its connections.
use std::cell::RefCell;

/// Bytes read at a time: enough for a file part in few reads, and no more small messages than a network thread works
/// through in a millisecond or two, since others wait meanwhile.
const BUFFER_BYTES: usize = 32 * 1024;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; BUFFER_BYTES].into_boxed_slice());
}

/// Lends the thread's buffer. It holds what some connection read last: ciphertext, which needs no wiping.
pub(super) fn with_buffer<T>(run: impl FnOnce(&mut [u8]) -> T) -> T {
    BUFFER.with_borrow_mut(|buffer| run(buffer))
}

/// Lends so much of it at most.
pub(super) fn with_part<T>(bytes_max: usize, run: impl FnOnce(&mut [u8]) -> T) -> T {
    with_buffer(|buffer| {
        let bytes = bytes_max.min(buffer.len());
        run(&mut buffer[..bytes])
    })
}
