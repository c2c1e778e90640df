//! What the figures were measured on, and by.
use std::time::Duration;

/// Processor time this thread has used: what others do on the machine is not in it.
pub(super) fn thread_cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Processor time of all threads of this process.
pub(super) fn process_cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// How often this thread has asked the kernel to read a file; asking for it is among them. proc(5).
pub(super) fn read_calls() -> std::io::Result<u64> {
    let io = std::fs::read_to_string("/proc/thread-self/io")?;
    let calls = io.lines().find_map(|line| line.strip_prefix("syscr: ")?.trim().parse().ok());
    calls.ok_or_else(|| std::io::ErrorKind::InvalidData.into())
}

/// Processor, cores and kernel, in one line.
pub(super) fn facts() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let field = |name: &str| {
        let line = cpuinfo.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map_or("unknown", |(_, value)| value.trim()).to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(0, |cores| cores.get());
    let ifma = cpuinfo.contains("avx512ifma");
    let kernel = read("/proc/sys/kernel/osrelease");
    format!(
        "{} ({} MHz), {cores} cores, AVX-512-IFMA: {}, Linux {}; generator on the same machine",
        field("model name"),
        field("cpu MHz"),
        if ifma { "yes" } else { "no" },
        kernel.trim()
    )
}
