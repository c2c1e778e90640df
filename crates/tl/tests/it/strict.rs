//! A reader that takes exactly what one layer's schema allows: its ids, its types, its bits, zero padding, every byte.

use std::collections::HashMap;

use crate::history::Def;

pub(crate) struct Strict<'a> {
    /// The versions of the layer, by id.
    pub(crate) defs: &'a HashMap<u32, &'a Def>,
    pub(crate) rest: &'a [u8],
    /// Names of the constructors that were read.
    seen: Vec<&'a str>,
}

impl<'a> Strict<'a> {
    /// Reads one value of `ty`, or any object if it is empty, to the last byte; returns the names of the constructors.
    pub(crate) fn read_all(
        defs: &'a HashMap<u32, &'a Def>,
        bytes: &'a [u8],
        ty: &str,
    ) -> Result<Vec<&'a str>, String> {
        let mut reader = Self { defs, rest: bytes, seen: Vec::new() };
        reader.value(ty)?;
        if reader.rest.is_empty() {
            Ok(reader.seen)
        } else {
            Err(format!("{} bytes left", reader.rest.len()))
        }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (head, rest) = self.rest.split_at_checked(count).ok_or("the bytes end")?;
        self.rest = rest;
        Ok(head)
    }

    fn word(&mut self) -> Result<u32, String> {
        Ok(u32::from_le_bytes(self.take(4)?.try_into().unwrap()))
    }

    fn value(&mut self, ty: &str) -> Result<(), String> {
        if let Some(item) = ty.strip_prefix("Vector<").and_then(|rest| rest.strip_suffix('>')) {
            if self.word()? != 0x1cb5_c415 {
                return Err(format!("no vector where {ty} should be"));
            }
            return (0..self.word()?).try_for_each(|_| self.value(item));
        }
        match ty {
            "int" => self.take(4).map(drop),
            "long" | "double" => self.take(8).map(drop),
            "int128" => self.take(16).map(drop),
            "int256" => self.take(32).map(drop),
            "bytes" => self.content().map(drop),
            "string" => String::from_utf8(self.content()?.to_vec()).map(drop).map_err(|e| e.to_string()),
            "Bool" => match self.word()? {
                0x9972_75b5 | 0xbc79_9737 => Ok(()),
                id => Err(format!("{id:#x} is no Bool")),
            },
            "!X" | "X" => self.object(""),
            ty => self.object(ty),
        }
    }

    fn content(&mut self) -> Result<&'a [u8], String> {
        let first = self.take(1)?[0];
        let (length, header) = if first == 254 {
            let long = self.take(3)?;
            (usize::from(long[0]) | usize::from(long[1]) << 8 | usize::from(long[2]) << 16, 4)
        } else {
            (usize::from(first), 1)
        };
        if first == 255 || (first == 254 && length < 254) {
            return Err("a length in the wrong form".into());
        }
        let content = self.take(length)?;
        let padding = self.take((4 - (header + length) % 4) % 4)?;
        if padding.iter().all(|byte| *byte == 0) { Ok(content) } else { Err("padding is not zero".into()) }
    }

    fn object(&mut self, ty: &str) -> Result<(), String> {
        let id = self.word()?;
        let def = *self.defs.get(&id).ok_or_else(|| format!("{id:#010x} is not in the layer"))?;
        self.seen.push(&def.name);
        if !ty.is_empty() && (def.function || def.result != ty) {
            return Err(format!("{} is no {ty}", def.name));
        }
        let mut words: HashMap<&str, (u32, u32)> = HashMap::new();
        for (name, ty) in &def.fields {
            let within = |error: String| format!("{}.{name}: {error}", def.name);
            if ty == "#" {
                words.insert(name, (self.word().map_err(within)?, 0));
            } else if let Some((place, ty)) = ty.split_once('?') {
                let (word, bit) = place.split_once('.').unwrap();
                let (value, known) = words.get_mut(word).unwrap();
                let bit = 1 << bit.parse::<u32>().unwrap();
                *known |= bit;
                if *value & bit != 0 && ty != "true" {
                    self.value(ty).map_err(within)?;
                }
            } else {
                self.value(ty).map_err(within)?;
            }
        }
        match words.values().find(|(value, known)| value & !known != 0) {
            Some((value, known)) => Err(format!("{}: unknown bits {:#x}", def.name, value & !known)),
            None => Ok(()),
        }
    }
}
