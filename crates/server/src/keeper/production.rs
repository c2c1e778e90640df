//! What `production` demands of the vaults (P11): whoever can order one of them to give its shares can order no other, and
//! not the server either.
use std::fs;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use custody::{Roster, is_jurisdiction};
use ids::sabotage::{self, Fault};
use rustix::fs::statfs;

use crate::config::Settings;

/// File systems that are in memory alone: tmpfs and ramfs, by the numbers that Linux gives them.
const IN_MEMORY: [u64; 2] = [0x0102_1994, 0x8584_58f6];
/// The bits of a mode with which group and others may read.
const READ_BY_OTHERS: u32 = 0o044;

/// Why these vaults are not good enough. Shown to the operator.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProductionError {
    /// Both modes at once.
    #[error("production and development mode exclude each other")]
    Development,
    /// Not said, or not a word.
    #[error(
        "production has to know whose law the server is under: set jurisdiction to one word of letters, digits and hyphens, \
         such as DE"
    )]
    Jurisdiction,
    /// One of a vault's that is not a word.
    #[error("the jurisdiction of a vault is not one word of letters, digits and hyphens: {0:?}")]
    Unclear(String),
    /// Folders of this machine.
    #[error("production takes no vaults on folders of this machine")]
    Here,
    /// Two of them.
    #[error("two vaults are in the jurisdiction {0}: production demands another one for each")]
    Shared(String),
    /// One of them and the server.
    #[error("a vault is in the jurisdiction of the server, {0}: production demands others")]
    OfServer(String),
    /// One on this machine.
    #[error("the vault at {0} is on this machine: production demands vaults elsewhere")]
    Loopback(String),
    /// Two of them on one machine.
    #[error("two vaults are on one host, one of them at {0}: production demands another one for each")]
    SameHost(String),
    /// What opens the key for the vaults lies beside it.
    #[error(
        "{0} lies on a disk, from which it is copied as the key under it is: production takes the passphrase from memory (a \
         file of a tmpfs, as credential managers make them), from a pipe or from a terminal, such as /dev/stdin"
    )]
    OnDisk(PathBuf),
    /// Others can read it.
    #[error("{0} can be read by other users of this machine; chmod it to 600")]
    Exposed(PathBuf),
    /// Nobody knows what it is.
    #[error("{0} cannot be looked at: {1}")]
    Unseen(PathBuf, ErrorKind),
}

/// Checks the rules; the first one that is broken. That more than half of at least three vaults open a key is the roster's.
pub(super) fn check(settings: &Settings, roster: &Roster, is_far: bool) -> Result<(), ProductionError> {
    if sabotage::is(Fault::AnyVaults) {
        return Ok(());
    }
    let own = &settings.jurisdiction;
    if !is_jurisdiction(own) {
        return Err(ProductionError::Jurisdiction);
    }
    if !is_far {
        return Err(ProductionError::Here);
    }
    let all: Vec<&str> = roster.vaults().map(|(_, member)| member.jurisdiction.as_str()).collect();
    for (at, jurisdiction) in all.iter().enumerate() {
        // Laws do not differ by how they are written.
        if all[..at].iter().any(|other| other.eq_ignore_ascii_case(jurisdiction)) {
            return Err(ProductionError::Shared((*jurisdiction).to_owned()));
        }
        if own.eq_ignore_ascii_case(jurisdiction) {
            return Err(ProductionError::OfServer((*jurisdiction).to_owned()));
        }
        if !is_jurisdiction(jurisdiction) {
            return Err(ProductionError::Unclear((*jurisdiction).to_owned()));
        }
    }
    check_hosts(roster)?;
    settings.passphrase_file.as_deref().map_or(Ok(()), check_passphrase)
}

/// Whoever has a machine has every vault on it, whatever their lines say.
fn check_hosts(roster: &Roster) -> Result<(), ProductionError> {
    let mut hosts: Vec<Host> = Vec::new();
    for (_, member) in roster.vaults() {
        let host = Host::of(&member.place);
        if host.is_here() {
            return Err(ProductionError::Loopback(member.place.clone()));
        }
        if hosts.contains(&host) {
            return Err(ProductionError::SameHost(member.place.clone()));
        }
        hosts.push(host);
    }
    Ok(())
}

/// What stands before the port, however it is written. Names are not looked up: they may mean something else tomorrow.
#[derive(PartialEq, Eq)]
enum Host {
    Ip(IpAddr),
    Name(String),
}

impl Host {
    fn of(place: &str) -> Self {
        let host = place.rsplit_once(':').map_or(place, |(host, _)| host);
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        match bare.parse::<IpAddr>() {
            Ok(address) => Self::Ip(address.to_canonical()),
            Err(_) => Self::Name(bare.trim_end_matches('.').to_ascii_lowercase()),
        }
    }

    fn is_here(&self) -> bool {
        match self {
            Self::Ip(address) => address.is_loopback() || address.is_unspecified(),
            Self::Name(name) => name == "localhost" || name.ends_with(".localhost"),
        }
    }
}

/// A passphrase on the disk would go with every copy of it, and the key that it is for with it.
fn check_passphrase(path: &Path) -> Result<(), ProductionError> {
    let unseen = |kind| ProductionError::Unseen(path.to_owned(), kind);
    let found = fs::metadata(path).map_err(|error| unseen(error.kind()))?;
    let kind = found.file_type();
    // A block device is a disk, too.
    let is_stream = kind.is_fifo() || kind.is_char_device() || kind.is_socket();
    if !is_stream {
        let system = statfs(path).map_err(|error| unseen(error.kind()))?;
        if !kind.is_file() || !is_in_memory(system.f_type) {
            return Err(ProductionError::OnDisk(path.to_owned()));
        }
    }
    if found.mode() & READ_BY_OTHERS != 0 {
        return Err(ProductionError::Exposed(path.to_owned()));
    }
    Ok(())
}

/// The number's type differs from system to system.
fn is_in_memory(number: impl TryInto<i64>) -> bool {
    let number = number.try_into().ok().map(|number: i64| number.cast_unsigned() & u64::from(u32::MAX));
    number.is_some_and(|number| IN_MEMORY.contains(&number))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn p08_a_passphrase_is_taken_from_memory_and_streams_and_not_if_others_can_read_it() {
        assert!(is_in_memory(0x0102_1994_i64) && is_in_memory(0x8584_58f6_u32.cast_signed()));
        assert!(!is_in_memory(0xef53_i64), "ext4");
        // No disk, but not memory alone either: such a file goes to no backup, and stands for all that are not named above.
        let system = Path::new("/proc/self/auxv");
        assert_eq!(check_passphrase(system), Err(ProductionError::OnDisk(system.to_owned())));
        let (reader, _writer) = std::io::pipe().expect("a pipe");
        let pipe = std::os::fd::AsRawFd::as_raw_fd(&reader);
        assert_eq!(check_passphrase(Path::new(&format!("/proc/self/fd/{pipe}"))), Ok(()));
        let gone = Path::new("/proc/self/there-is-none");
        assert_eq!(
            check_passphrase(gone),
            Err(ProductionError::Unseen(gone.to_owned(), ErrorKind::NotFound))
        );
    }

    /// Where this system has such a folder; the rule about modes is the same for all kinds of files.
    #[test]
    fn p08_a_file_in_memory_is_taken_unless_others_can_read_it() {
        let path = Path::new("/dev/shm").join(format!("heliograph-words-{}", std::process::id()));
        if fs::write(&path, "a few words\n").is_err() {
            return;
        }
        let checked = [0o600, 0o400, 0o640, 0o604].map(|mode| {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("ours");
            check_passphrase(&path)
        });
        fs::remove_file(&path).expect("ours");
        let exposed = || Err(ProductionError::Exposed(path.clone()));
        assert_eq!(checked, [Ok(()), Ok(()), exposed(), exposed()]);
    }

    #[test]
    fn p11_hosts_are_the_same_however_they_are_written() {
        let is_same = |one: &str, other: &str| Host::of(one) == Host::of(other);
        assert!(
            is_same("Vault.example.is:1", "vault.example.is.:2")
                && is_same("[2001:db8::1]:1", "[2001:db8:0::1]:2")
        );
        assert!(is_same("192.0.2.1:1", "[::ffff:192.0.2.1]:1") && !is_same("192.0.2.1:1", "192.0.2.2:1"));
        for here in [
            "127.0.0.1:1",
            "127.9.9.9:1",
            "[::1]:1",
            "[::ffff:127.0.0.1]:1",
            "0.0.0.0:1",
            "LocalHost:1",
            "a.localhost.:1",
        ] {
            assert!(Host::of(here).is_here(), "{here}");
        }
        assert!(!Host::of("localhost.example.is:1").is_here());
    }
}
