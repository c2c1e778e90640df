//! Rows out of raw files, whatever they are and whether anything still refers to them: the batches of a journal and the
//! blocks of a table, found by their shape. Source: the layouts of fjall 3.1 and lsm-tree 3.1.
//!
//! An engine reads the newest version of what its list of tables names. What was overwritten, deleted or cut off lies in the
//! same files until they are gone. False finds do no harm: they open with nothing.

/// The first byte of the engine's keys for rows (docs/keys.md 4.5).
const ROWS: u8 = 1;
/// Owner and table.
const ROW_KEY_BYTES_MIN: usize = 14;
/// First byte, nonce and tag around nothing.
const VALUE_BYTES_MIN: usize = 29;
/// Longer keys than any row has.
const KEY_BYTES_MAX: usize = 1024;

/// The row of an engine's key and value, if they can be one.
pub(crate) fn row<'a>(key: &'a [u8], value: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (&ROWS, key) = key.split_first()? else { return None };
    let shape = key.len() >= ROW_KEY_BYTES_MIN && value.len() >= VALUE_BYTES_MIN;
    (shape && (1..=6).contains(value.first()?)).then_some((key, value))
}

/// Calls `found` with every row in a file. The answer is how many blocks could not be read since they are compressed,
/// which the store's are not.
pub(crate) fn carve(file: &[u8], found: &mut dyn FnMut(&[u8], &[u8])) -> usize {
    let mut compressed = 0;
    let mut at = 0;
    while at < file.len() {
        // A new journal is 64 MiB of zeros.
        if file[at..].starts_with(&[0; 4096]) {
            at += 4096;
            continue;
        }
        let end = file.len().min(at + 4096);
        for start in at..end {
            match file[start] {
                b'L' if !is_filter(file, start) => match block(&file[start..]) {
                    Some(Block::Plain(data)) => entries(data, found),
                    Some(Block::Compressed) => compressed += 1,
                    None => {}
                },
                2 => {
                    if let Some((key, value)) =
                        journal_item(&file[start..]).and_then(|(key, value)| row(key, value))
                    {
                        found(key, value);
                    }
                }
                _ => {}
            }
        }
        at = end;
    }
    compressed
}

/// An item of a journal: 2 ‖ kind(1) ‖ compression(1) ‖ keyspace(8) ‖ key length(2) ‖ value length(4) ‖ stored length(4) ‖
/// key ‖ value, little-endian.
fn journal_item(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut reader = Reader(bytes);
    let [_, kind, compression] = reader.array()?;
    let keyspace = u64::from_le_bytes(reader.array()?);
    let key = usize::from(u16::from_le_bytes(reader.array()?));
    let value = u32::from_le_bytes(reader.array()?);
    let stored = u32::from_le_bytes(reader.array()?);
    if kind != 0 || compression != 0 || keyspace > 0xffff || value != stored || key > KEY_BYTES_MAX {
        return None;
    }
    Some((reader.take(key)?, reader.take(value as usize)?))
}

/// Bytes before a block's data.
const HEADER: usize = 33;

/// Whether what begins here is the inside of a block of the filter's, which begins with the same four bytes.
fn is_filter(file: &[u8], start: usize) -> bool {
    start.checked_sub(HEADER).is_some_and(|header| file[header..].starts_with(b"LSM\x03\x02"))
}

enum Block<'a> {
    Plain(&'a [u8]),
    Compressed,
}

/// A block of data: "LSM" ‖ 3 ‖ kind(1), 0 ‖ checksum(16) ‖ length(4) ‖ length when unpacked(4) ‖ checksum(4).
fn block(bytes: &[u8]) -> Option<Block<'_>> {
    let mut reader = Reader(bytes);
    if reader.take(5)? != b"LSM\x03\0" {
        return None;
    }
    reader.take(16)?;
    let length = u32::from_le_bytes(reader.array()?);
    let unpacked = u32::from_le_bytes(reader.array()?);
    reader.take(4)?;
    if length != unpacked {
        return Some(Block::Compressed);
    }
    // What a torn file still has of it is worth reading.
    Some(Block::Plain(reader.take(length as usize).unwrap_or(reader.0)))
}

/// The entries of a block, until the marker 255: kind(1) ‖ sequence ‖ key length ‖ key ‖ value length ‖ value. At every
/// 16th or so a key stands whole; the others say how much of that key they begin with, then what is left.
fn entries(data: &[u8], found: &mut dyn FnMut(&[u8], &[u8])) {
    /// The trailer's length; it begins with the distance of whole keys.
    const TRAILER: usize = 31;
    let distance = data.len().checked_sub(TRAILER).map_or(16, |trailer| data[trailer]);
    let mut reader = Reader(data);
    let mut whole: &[u8] = &[];
    for index in 0_usize.. {
        let restart = index % usize::from(distance).max(1) == 0;
        let Some(entry) = entry(&mut reader, restart, whole) else { return };
        if restart {
            whole = entry.rest;
        }
        let key = [entry.shared, entry.rest].concat();
        if let Some((key, value)) = entry.value.and_then(|value| row(&key, value)) {
            found(key, value);
        }
    }
}

struct Entry<'a> {
    shared: &'a [u8],
    rest: &'a [u8],
    value: Option<&'a [u8]>,
}

fn entry<'a>(reader: &mut Reader<'a>, restart: bool, whole: &'a [u8]) -> Option<Entry<'a>> {
    let [kind] = reader.array()?;
    reader.varint()?;
    let shared = if restart { &[][..] } else { whole.get(..reader.length()?)? };
    let length = reader.length()?;
    let rest = reader.take(length)?;
    let value = match kind {
        0 | 4 => {
            let length = reader.length()?;
            Some(reader.take(length)?)
        }
        1 | 2 => None,
        _ => return None,
    };
    Some(Entry { shared, rest, value })
}

/// Bytes read from the front.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(self.varint()?).ok()
    }

    /// Seven bits in each byte, the lowest first.
    pub(crate) fn varint(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}
