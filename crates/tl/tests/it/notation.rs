//! Objects of any layer as text: `user{id:5 first_name:"A" self:true}`, vectors `[1 2]`, bytes `#0aff`.
//!
//! Required fields that are not given are zero, empty or false; of another type they must be given.

use std::collections::HashMap;

use crate::history::{Def, HISTORY};

/// The bytes of `text` in `layer`, as a value of type `ty` (any object if it is empty).
pub(crate) fn bytes(layer: u16, ty: &str, text: &str) -> Vec<u8> {
    let names = HISTORY.at(layer).into_values().map(|def| (def.name.as_str(), def)).collect();
    let mut writer = Writer { names, text };
    let mut out = Vec::new();
    writer.value(ty, &mut out);
    assert!(writer.text.trim().is_empty(), "left over: {}", writer.text);
    out
}

struct Writer<'a> {
    names: HashMap<&'a str, &'a Def>,
    text: &'a str,
}

impl<'a> Writer<'a> {
    fn next(&mut self, wanted: char) -> bool {
        self.text = self.text.trim_start();
        let rest = self.text.strip_prefix(wanted);
        self.text = rest.unwrap_or(self.text);
        rest.is_some()
    }

    fn word(&mut self) -> &'a str {
        self.text = self.text.trim_start();
        let is_word = |c: char| c.is_alphanumeric() || "._-".contains(c);
        let end = self.text.find(|c| !is_word(c)).unwrap_or(self.text.len());
        let (word, rest) = self.text.split_at(end);
        self.text = rest;
        word
    }

    fn value(&mut self, ty: &str, out: &mut Vec<u8>) {
        if let Some(item) = ty.strip_prefix("Vector<").and_then(|rest| rest.strip_suffix('>')) {
            assert!(self.next('['), "a vector at {}", self.text);
            out.extend(0x1cb5_c415_u32.to_le_bytes());
            let place = out.len();
            let mut count = 0_u32;
            out.extend(count.to_le_bytes());
            while !self.next(']') {
                self.value(item, out);
                count += 1;
            }
            out[place..place + 4].copy_from_slice(&count.to_le_bytes());
            return;
        }
        match ty {
            "int" => out.extend(self.word().parse::<i32>().unwrap().to_le_bytes()),
            "long" => out.extend(self.word().parse::<i64>().unwrap().to_le_bytes()),
            "double" => out.extend(self.word().parse::<f64>().unwrap().to_le_bytes()),
            "string" => {
                assert!(self.next('"'), "a string at {}", self.text);
                let (content, rest) = self.text.split_once('"').unwrap();
                self.text = rest;
                tl::codec::put_bytes(out, content.as_bytes());
            }
            "bytes" => {
                assert!(self.next('#'), "bytes at {}", self.text);
                let digits = self.word();
                let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
                let content: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect();
                tl::codec::put_bytes(out, &content);
            }
            "Bool" => {
                out.extend(if self.word() == "true" { 0x9972_75b5_u32 } else { 0xbc79_9737 }.to_le_bytes())
            }
            _ => self.object(out),
        }
    }

    fn object(&mut self, out: &mut Vec<u8>) {
        let name = self.word();
        let def = *self.names.get(name).unwrap_or_else(|| panic!("no {name} in the layer"));
        let mut given: HashMap<&str, Vec<u8>> = HashMap::new();
        if self.next('{') {
            while !self.next('}') {
                let field = self.word();
                assert!(self.next(':'), "{name}.{field}");
                let (_, ty) = def
                    .fields
                    .iter()
                    .find(|(own, _)| own == field)
                    .unwrap_or_else(|| panic!("{name}.{field}"));
                let ty = ty.split_once('?').map_or(ty.as_str(), |(_, ty)| ty);
                let mut value = Vec::new();
                if ty == "true" {
                    assert_eq!(self.word(), "true")
                } else {
                    self.value(ty, &mut value)
                }
                given.insert(field, value);
            }
        }
        out.extend(def.id.to_le_bytes());
        for (field, ty) in &def.fields {
            let place = |ty: &'a str| ty.split_once('?').and_then(|(place, _)| place.split_once('.'));
            if ty == "#" {
                let bits = def.fields.iter().filter(|(name, _)| given.contains_key(name.as_str()));
                let bits = bits.filter_map(|(_, ty)| place(ty)).filter(|(word, _)| word == field);
                let word = bits.fold(0, |word, (_, bit)| word | 1 << bit.parse::<u32>().unwrap());
                out.extend(u32::to_le_bytes(word));
            } else if let Some(value) = given.get(field.as_str()) {
                out.extend(value);
            } else if place(ty).is_none() {
                let plain = match ty.as_str() {
                    "int" => "0",
                    "long" => "0",
                    "double" => "0",
                    "string" => "\"\"",
                    "bytes" => "#",
                    "Bool" => "false",
                    vector if vector.starts_with("Vector<") => "[]",
                    _ => panic!("{name}.{field} must be given"),
                };
                let outer = std::mem::replace(&mut self.text, plain);
                self.value(ty, out);
                self.text = outer;
            }
        }
    }
}

/// The text of an object, vector or other value of type `ty` in `layer`, to the last byte.
pub(crate) fn text(layer: u16, ty: &str, bytes: &[u8]) -> String {
    let mut reader = Reader { defs: HISTORY.at(layer), rest: bytes };
    let text = reader.value(ty);
    assert!(reader.rest.is_empty(), "{} bytes left after {text}", reader.rest.len());
    text
}

struct Reader<'a> {
    defs: HashMap<u32, &'a Def>,
    rest: &'a [u8],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (head, rest) = self.rest.split_first_chunk().unwrap();
        self.rest = rest;
        *head
    }

    fn word(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    fn content(&mut self) -> Vec<u8> {
        let mut reader = tl::Reader::new(self.rest);
        let content = reader.bytes().unwrap().to_vec();
        self.rest = reader.rest();
        content
    }

    fn value(&mut self, ty: &str) -> String {
        if let Some(item) = ty.strip_prefix("Vector<").and_then(|rest| rest.strip_suffix('>')) {
            assert_eq!(self.word(), 0x1cb5_c415);
            let items: Vec<String> = (0..self.word()).map(|_| self.value(item)).collect();
            return format!("[{}]", items.join(" "));
        }
        match ty {
            "int" => i32::from_le_bytes(self.take()).to_string(),
            "long" => i64::from_le_bytes(self.take()).to_string(),
            "double" => f64::from_le_bytes(self.take()).to_string(),
            "string" => format!("\"{}\"", String::from_utf8(self.content()).unwrap()),
            "bytes" => self.content().iter().fold("#".to_owned(), |text, byte| text + &format!("{byte:02x}")),
            "Bool" => (self.word() == 0x9972_75b5).to_string(),
            _ => self.object(),
        }
    }

    /// Zero and empty fields are left out, as they may be in what is written.
    fn object(&mut self) -> String {
        let id = self.word();
        let def = *self.defs.get(&id).unwrap_or_else(|| panic!("{id:#x} is not in the layer"));
        let mut words = HashMap::new();
        let mut fields = Vec::new();
        for (name, ty) in &def.fields {
            if ty == "#" {
                words.insert(name.as_str(), self.word());
                continue;
            }
            let value = match ty.split_once('?') {
                None => self.value(ty),
                Some((place, ty)) => {
                    let (word, bit) = place.split_once('.').unwrap();
                    match (words[word] & 1 << bit.parse::<u32>().unwrap() != 0, ty) {
                        (false, _) => continue,
                        (true, "true") => "true".to_owned(),
                        (true, ty) => self.value(ty),
                    }
                }
            };
            if ty.contains('?') || !matches!(value.as_str(), "0" | "\"\"" | "#" | "[]" | "false") {
                fields.push(format!("{name}:{value}"));
            }
        }
        if fields.is_empty() { def.name.clone() } else { format!("{}{{{}}}", def.name, fields.join(" ")) }
    }
}
