//! Whether the processor time of this process is rationed, in which case none of it is idle: what a thread takes that runs when
//! nobody else wants a core is missing afterwards, and the kernel stops all threads together.
//!
//! Source: cgroups(7), and cpu.max in the kernel's Control Group v2. Older groups and other systems are not looked at.
use std::fs::read_to_string;
use std::path::Path;

/// Whether a quota holds for the group of this process or one above it, as far as they can be seen.
pub(crate) fn holds() -> bool {
    holds_in(Path::new("/proc/self/cgroup"), Path::new("/sys/fs/cgroup"))
}

fn holds_in(own: &Path, groups: &Path) -> bool {
    let Ok(own) = read_to_string(own) else { return false };
    let Some(group) = own.lines().find_map(|line| line.strip_prefix("0::/")) else { return false };
    // The last one is the root, which in a container is the container.
    Path::new(group).ancestors().any(|group| {
        let max = read_to_string(groups.join(group).join("cpu.max"));
        max.is_ok_and(|max| !max.starts_with("max"))
    })
}

#[cfg(test)]
mod tests {
    use std::fs::{create_dir_all, write};

    use super::*;
    use crate::data_dir::testing::Folder;

    #[test]
    fn a5_a_quota_is_seen_wherever_it_stands() {
        let folder = Folder::new();
        let (own, groups) = (folder.path().join("own"), folder.path().join("groups"));
        create_dir_all(groups.join("system/chat")).expect("a folder");
        let of = |group: &str| {
            write(&own, format!("4:memory:/elsewhere\n0::/{group}\n")).expect("a file");
            holds_in(&own, &groups)
        };
        let set = |group: &str, max: &str| write(groups.join(group).join("cpu.max"), max).expect("a file");
        assert!(!of("system/chat"), "nothing is said");
        set("system/chat", "max 100000\n");
        assert!(!of("system/chat"));
        set("system", "50000 100000\n");
        assert!(of("system/chat") && of("system") && !of(""));
        set("system", "max 100000\n");
        set("system/chat", "150000 100000\n");
        assert!(of("system/chat") && !of("system"));
        set("", "50000 100000\n");
        assert!(of("") && of("gone"));
        write(&own, "1:cpu:/\n").expect("a file");
        assert!(!holds_in(&own, &groups), "none of these groups");
    }
}
