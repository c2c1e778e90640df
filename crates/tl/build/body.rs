//! Rust code for the fields of one constructor or function: writing them, reading them.
//!
//! Fields that share a bit stand or fall together: the bit is set when all of them are present.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::names;
use crate::schema::{Def, Field, Flag, Ty};
use crate::typed::Emitter;

/// The fields that Rust sees: all but the flags words.
pub(crate) fn visible(def: &Def) -> impl Iterator<Item = &Field> {
    def.fields.iter().filter(|field| !matches!(field.ty, Ty::Flags(_)))
}

/// Their names in Rust.
pub(crate) fn names(def: &Def) -> Vec<String> {
    visible(def).map(|field| names::field(&field.name)).collect()
}

/// Whether Rust sees the field as an `Option`.
pub(crate) fn is_option(field: &Field) -> bool {
    field.flag.is_some() && field.ty != Ty::True
}

/// Statements that append the fields to `sink`; `prefix` stands before each field's name.
pub(crate) fn write(def: &Def, prefix: &str, code: &mut String) {
    for field in &def.fields {
        let place = format!("{prefix}{}", names::field(&field.name));
        if let Ty::Flags(word) = field.ty {
            write_flags(def, word, prefix, code);
        } else if field.ty == Ty::True {
            // The bit says it all.
        } else if let Ty::BareVector(_) = field.ty {
            let _ =
                writeln!(code, "crate::codec::put_bare(sink, &{place}, |item, sink| item.write_bare(sink));");
        } else if let Some(flag) = field.flag.filter(|flag| shared(def, *flag)) {
            let _ = writeln!(
                code,
                "if flags{} & (1 << {}) != 0 && let Some(value) = &{place} {{ value.encode(sink); }}",
                flag.word, flag.bit
            );
        } else if field.flag.is_some() {
            let _ = writeln!(code, "if let Some(value) = &{place} {{ value.encode(sink); }}");
        } else {
            let _ = writeln!(code, "{place}.encode(sink);");
        }
    }
}

/// Whether more than one field with bytes hangs on the bit.
fn shared(def: &Def, flag: Flag) -> bool {
    def.fields.iter().filter(|field| field.flag == Some(flag) && is_option(field)).count() > 1
}

fn write_flags(def: &Def, word: usize, prefix: &str, code: &mut String) {
    let mut bits: BTreeMap<u32, Vec<&Field>> = BTreeMap::new();
    for field in &def.fields {
        if let Some(flag) = field.flag.filter(|flag| flag.word == word) {
            bits.entry(flag.bit).or_default().push(field);
        }
    }
    let star = if prefix.is_empty() { "*" } else { "" };
    let mut terms = Vec::new();
    for (bit, fields) in bits {
        let mut present: Vec<String> = fields
            .iter()
            .filter(|field| is_option(field))
            .map(|field| format!("{prefix}{}.is_some()", names::field(&field.name)))
            .collect();
        if present.is_empty() {
            let bools = fields.iter().map(|field| format!("{star}{prefix}{}", names::field(&field.name)));
            present = vec![bools.collect::<Vec<_>>().join(" || ")];
        }
        terms.push(format!("u32::from({}) << {bit}", present.join(" && ")));
    }
    let value = if terms.is_empty() { "0_u32".to_owned() } else { terms.join(" | ") };
    let _ = writeln!(code, "let flags{word}: u32 = {value};\nflags{word}.encode(sink);");
}

/// Statements that read each field into a variable of its name.
pub(crate) fn read(emitter: &Emitter<'_>, def: &Def, owner: Option<&str>, code: &mut String) {
    for field in &def.fields {
        let name = names::field(&field.name);
        assert!(!matches!(name.as_str(), "reader" | "sink" | "body"), "{} hides an argument", def.name);
        let rust = emitter.rust_type(&field.ty, owner);
        let _ = match (&field.ty, field.flag) {
            (Ty::Flags(word), _) => {
                let used = def.fields.iter().any(|f| f.flag.is_some_and(|flag| flag.word == *word));
                let hidden = if used { "" } else { "_" };
                writeln!(code, "let {hidden}flags{word} = reader.u32()?;")
            }
            (Ty::True, Some(Flag { word, bit })) => {
                writeln!(code, "let {name} = flags{word} & (1 << {bit}) != 0;")
            }
            (Ty::BareVector(item), _) => {
                let item = emitter.rust_type(item, None);
                writeln!(code, "let {name} = reader.items({item}::MIN_BARE_BYTES, {item}::read_bare)?;")
            }
            (_, Some(Flag { word, bit })) => {
                writeln!(code, "let {name} = reader.optional::<{rust}>(flags{word}, {bit})?;")
            }
            (_, None) => writeln!(code, "let {name} = <{rust}>::decode(reader)?;"),
        };
    }
}
