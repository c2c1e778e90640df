//! The server's RSA key: drawn at the first start, sealed under a key that the vaults release (T18; docs/keys.md 3).
//!
//! A key that part 1 left in clear is taken over: sealed, then overwritten and removed. What an image of the disk from
//! before says is said for ever; whoever had one draws a new key, by removing both files.
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use crypto::Rng as _;
use crypto::aead::{Key, NONCE_BYTES};
use crypto::rsa::{PrivateKey, PublicKey};
use ids::sabotage::{self, Fault};
use sealed::Secret;
use zeroize::Zeroizing;

use crate::data_dir::{DataDir, DataDirError, failed, write_whole};
use crate::entropy::OsRng;

/// Threads that draw the key, if there are as many cores.
const DRAWING_THREADS_MAX: usize = 4;
/// Bytes of a public key as PEM, with the newline at its end: the form that can replace the key built into TDLib.
const PUBLIC_PEM_BYTES: usize = 426;
/// The first byte of the sealed key's file.
const VERSION: u8 = 1;
/// What the sealed key is bound to, with its version.
const BOUND: &[u8] = b"heliograph server.key";

/// The server's key, and whether it was drawn just now.
pub(crate) struct ServerKey {
    pub(crate) private: PrivateKey,
    pub(crate) is_new: bool,
}

/// A key that is being drawn while the vaults are asked.
pub(crate) struct Drawing(Option<Receiver<PrivateKey>>);

impl Drawing {
    /// Begins to draw if the folder has no key.
    pub(crate) fn start(data: &DataDir) -> Self {
        let has_one = |name| data.path().join(name).exists();
        Self((!has_one("server.key") && !has_one("server.key.pem")).then(draw))
    }

    /// The key of the folder, or the one drawn, which is the folder's from then on; the public half is written beside it.
    pub(crate) fn finish(self, data: &DataDir, seal: &Secret<[u8; 32]>) -> Result<ServerKey, DataDirError> {
        let (sealed, clear) = (data.path().join("server.key"), data.path().join("server.key.pem"));
        let key = if let Some(bytes) = data.read(&sealed)? {
            let private = open(bytes, seal).ok_or_else(|| DataDirError::BadKey(sealed.clone()))?;
            ServerKey { private, is_new: false }
        } else {
            let of_part_1 = read_clear(&clear)?;
            let is_new = of_part_1.is_none();
            let drawn = || self.0.and_then(|first| first.recv().ok());
            let private = of_part_1.or_else(drawn).unwrap_or_else(draw_one);
            write_whole(&sealed, &close(&private, seal), 0o600)?;
            ServerKey { private, is_new }
        };
        // The breach of P07: what this key lies under is the root itself then (`sealed`, ring/roots.rs).
        if sabotage::is(Fault::RootOnDisk) {
            write_whole(&data.path().join("root"), seal.expose(), 0o600)?;
        }
        // It is sealed now, in this start or in one that was cut short here.
        erase(&clear)?;
        if sabotage::is(Fault::ServerKeyOnDisk) {
            write_whole(&clear, key.private.to_pem().as_bytes(), 0o600)?;
        }
        write_whole(&data.public_key_path(), key.private.public().to_pem().as_bytes(), 0o644)?;
        Ok(key)
    }
}

/// version(1) ‖ nonce ‖ AEAD of the PKCS#1 PEM.
fn close(private: &PrivateKey, seal: &Secret<[u8; 32]>) -> Vec<u8> {
    let pem = private.to_pem();
    let mut nonce = [0; NONCE_BYTES];
    OsRng.fill(&mut nonce);
    // Room for all of it, so that no part of the key is left behind in a smaller buffer.
    let mut file = Vec::with_capacity(1 + NONCE_BYTES + pem.len() + crypto::aead::TAG_BYTES);
    file.push(VERSION);
    file.extend_from_slice(&nonce);
    let from = file.len();
    file.extend_from_slice(pem.as_bytes());
    Key::new(seal.expose()).seal(&nonce, &bound(), &mut file, from);
    file
}

fn open(mut file: Zeroizing<Vec<u8>>, seal: &Secret<[u8; 32]>) -> Option<PrivateKey> {
    let (version, rest) = file.split_first_mut()?;
    let (nonce, sealed) = rest.split_first_chunk_mut::<NONCE_BYTES>()?;
    let opened =
        Key::new(seal.expose()).open(nonce, &bound(), sealed).ok().filter(|_| *version == VERSION)?;
    PrivateKey::from_pem(std::str::from_utf8(opened).ok()?).ok()
}

fn bound() -> Vec<u8> {
    [&[VERSION], BOUND].concat()
}

/// The key that part 1 kept in clear, if it is there.
fn read_clear(path: &Path) -> Result<Option<PrivateKey>, DataDirError> {
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(failed("look at", path, source)),
    };
    let us = rustix::process::geteuid().as_raw();
    judge_key_file(metadata.mode(), metadata.uid(), us, path)?;
    let pem = std::fs::read(path).map(Zeroizing::new).map_err(|source| failed("read", path, source))?;
    let key = std::str::from_utf8(&pem).ok().and_then(|pem| PrivateKey::from_pem(pem).ok());
    key.map(Some).ok_or_else(|| DataDirError::BadKey(path.to_owned()))
}

/// Overwrites a file and removes it, as far as a disk lets anybody do that.
fn erase(path: &Path) -> Result<(), DataDirError> {
    let Ok(mut file) = OpenOptions::new().write(true).open(path) else { return Ok(()) };
    let erased = file.metadata().and_then(|metadata| {
        let bytes = usize::try_from(metadata.len()).unwrap_or_default();
        file.write_all(&vec![0; bytes])?;
        file.sync_all()?;
        std::fs::remove_file(path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    });
    erased.map_err(|source| failed("erase", path, source))
}

/// A key that others can read, or have put there, is no secret.
fn judge_key_file(mode: u32, owner: u32, us: u32, path: &Path) -> Result<(), DataDirError> {
    const ROOT: u32 = 0;
    if owner != us && owner != ROOT {
        return Err(DataDirError::KeyForeign(path.to_owned()));
    }
    if mode & 0o077 != 0 { Err(DataDirError::KeyExposed(path.to_owned())) } else { Ok(()) }
}

/// Draws keys until every client can hold one: the first hex digit of the fingerprint is not zero (mtcute prints
/// it without leading zeros) and the PEM is as long as the ones built into clients.
///
/// How long that takes is a matter of luck, so all cores try theirs and the first success counts: it shortens the
/// long waits most.
fn draw() -> Receiver<PrivateKey> {
    let (found, first) = channel();
    for _ in 0..std::thread::available_parallelism().map_or(1, usize::from).min(DRAWING_THREADS_MAX) {
        let found = found.clone();
        // Late successes have nobody to hear of them and are erased. A thread that cannot start is not missed.
        let _ = std::thread::Builder::new().spawn(move || found.send(draw_one()));
    }
    first
}

fn draw_one() -> PrivateKey {
    loop {
        let private = PrivateKey::generate_for_clients();
        if fits_clients(&private.public()) {
            return private;
        }
    }
}

fn fits_clients(public: &PublicKey) -> bool {
    public.fingerprint() >> 60 != 0 && public.to_pem().len() == PUBLIC_PEM_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t18_a_key_that_others_know_is_refused() {
        let judged = |mode, owner| judge_key_file(mode, owner, 1000, Path::new("server.key.pem"));
        assert!(judged(0o100_600, 1000).is_ok() && judged(0o100_400, 0).is_ok());
        for mode in [0o100_640, 0o100_604, 0o100_660, 0o100_777] {
            assert!(matches!(judged(mode, 1000), Err(DataDirError::KeyExposed(_))), "{mode:o}");
        }
        assert!(matches!(judged(0o100_600, 1001), Err(DataDirError::KeyForeign(_))));
    }

    #[test]
    fn t18_the_key_opens_under_its_seal_alone() {
        let (key, seal) = (draw_one(), Secret::new([7; 32]));
        let file = close(&key, &seal);
        let pem = key.to_pem();
        assert!(!file.windows(32).any(|window| pem.as_bytes().windows(32).any(|part| part == window)));
        let opened = |file: &[u8], seal: &Secret<[u8; 32]>| {
            open(Zeroizing::new(file.to_vec()), seal).map(|key| key.fingerprint())
        };
        assert_eq!(opened(&file, &seal), Some(key.fingerprint()));
        assert!(opened(&file, &Secret::new([8; 32])).is_none());
        for at in [0, 1, 40, file.len() - 1] {
            let mut forged = file.clone();
            forged[at] ^= 1;
            assert!(opened(&forged, &seal).is_none(), "byte {at}");
        }
        assert!(opened(&file[..20], &seal).is_none() && opened(&[], &seal).is_none());
    }

    #[test]
    fn r5_every_bit_of_the_sealed_key_that_turns_over_is_found() {
        let folder = crate::data_dir::testing::Folder::new();
        let data = folder.open();
        let seal = Secret::new([7; 32]);
        let first = Drawing::start(&data).finish(&data, &seal);
        assert!(first.is_ok_and(|key| key.is_new));
        let path = data.path().join("server.key");
        let file = std::fs::read(&path).expect("the key");
        let found = |bytes: &[u8]| open(Zeroizing::new(bytes.to_vec()), &seal).is_none();
        let named = |bytes: &[u8]| {
            std::fs::write(&path, bytes).expect("a file");
            matches!(Drawing(None).finish(&data, &seal), Err(DataDirError::BadKey(named)) if named == path)
        };
        for bit in 0..file.len() * 8 {
            let mut turned = file.clone();
            turned[bit / 8] ^= 1 << (bit % 8);
            assert!(found(&turned) && (bit % 997 > 0 || named(&turned)), "bit {bit}");
        }
        assert!((0..file.len()).all(|length| found(&file[..length])) && named(&file[..99]) && named(&[]));
        std::fs::write(&path, &file).expect("a file");
        assert!(Drawing(None).finish(&data, &seal).is_ok_and(|key| !key.is_new));
    }
}
