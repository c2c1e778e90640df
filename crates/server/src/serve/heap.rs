//! The heap of the process: shared by all its threads (ARCHITECTURE.md, decision 34).
use std::num::NonZeroUsize;

/// Threads that read sockets and threads that run calls hinder each other less with two.
const ARENAS_MIN: usize = 2;

/// To be called before there are other threads. Where the system does not do it, memory is all that it costs.
pub(super) fn share() {
    let _ = crypto::heap::share_arenas(arenas());
}

/// An arena for each core is enough for all threads, and what connections leave free is used by others then.
fn arenas() -> u16 {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    u16::try_from(cores.max(ARENAS_MIN)).unwrap_or(u16::MAX)
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Barrier;

    /// Arenas beyond the first lie at multiples of 64 MiB (HEAP_MAX_SIZE of glibc).
    const ARENA_BYTES: usize = 64 << 20;

    /// In a process of its own, since other tests have made threads by then.
    #[test]
    fn threads_share_few_arenas() {
        // Of so many, some would have arenas of their own: glibc has eight for each core.
        const THREADS: usize = 64;
        const INSIDE: &str = "HELIOGRAPH_TEST_ARENAS";
        if std::env::var_os(INSIDE).is_none() {
            let program = std::env::current_exe().unwrap();
            let mut command = std::process::Command::new(program);
            command.args(["--exact", "serve::heap::tests::threads_share_few_arenas", "--test-threads=1"]);
            assert!(command.env(INSIDE, "1").output().unwrap().status.success());
            return;
        }
        super::share();
        let all = Barrier::new(THREADS);
        let places: BTreeSet<usize> = std::thread::scope(|scope| {
            let place = || {
                all.wait();
                let block = vec![1_u8; 10_000];
                all.wait();
                block.as_ptr().addr() / ARENA_BYTES
            };
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(place)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        // The first arena lies anywhere, and so perhaps over the end of one such part.
        assert!(places.len() <= usize::from(super::arenas()) + 1, "{places:?}");
    }
}
