//! How a thread shares the processor with others. It stands here because the C library is asked for it.

/// How far behind others, of 19.
const NICE: i32 = 5;
/// The shortest turn that there is: a thread is left alone for as long as its turn is, whoever wakes meanwhile.
const SLICE_NS: u64 = 100_000;

/// Has this thread, and those that it starts from now on, make way for all others at once: its turns on the processor are as
/// short as can be, and the share of each other is three times its own. False where the system does not do that, or does not say so.
pub fn make_way() -> bool {
    crate::sys::share(NICE, SLICE_NS)
}

#[cfg(all(test, target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
mod tests {
    use super::*;

    fn niceness() -> i32 {
        rustix::process::getpriority_process(Some(rustix::thread::gettid())).unwrap()
    }

    #[test]
    fn who_makes_way_stands_behind_with_those_he_starts_and_nobody_else_does() {
        let before = niceness();
        let seen = std::thread::spawn(|| {
            assert!(make_way());
            [niceness(), std::thread::spawn(niceness).join().unwrap()]
        });
        assert_eq!(seen.join().unwrap(), [NICE; 2]);
        assert_eq!(niceness(), before);
    }
}
