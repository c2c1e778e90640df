//! Canonical values by name: what a table of answers says in words becomes bytes.

use ids::limits::{LAYER_CANONICAL, TL_DEPTH_MAX};
use thiserror::Error;

use super::Version;
use crate::Encode;
use crate::codec::{FALSE_ID, VECTOR_ID, put_bytes};
use crate::tables::ops::{ALWAYS, kind};
use crate::tables::{self, Def, text};

/// A value without its type; the schema says what it must be.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// A `Bool` or a `true`.
    Bool(bool),
    /// An `int`, a `long` or a whole `double`.
    Int(i64),
    /// A `double`.
    Double(f64),
    /// A `string`.
    Text(String),
    /// `bytes`, an `int128` or an `int256`.
    Bytes(Vec<u8>),
    /// A vector.
    List(Vec<Self>),
    /// A constructor by name. Fields that are not listed are absent if they may be, else plain: zero, empty, and of
    /// another type the `..Empty` constructor or the one with the fewest fields.
    Object {
        /// The constructor's name.
        name: String,
        /// Its fields by name, in any order.
        fields: Vec<(String, Self)>,
    },
}

/// Why a value is not what the schema wants. The author of the value is to blame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum ValueError {
    /// The canonical layer has no constructor of that name.
    #[error("no such constructor")]
    UnknownConstructor,
    /// The constructor does not make the type that is wanted here.
    #[error("constructor {id:#010x} makes another type than is wanted")]
    WrongType {
        /// Id of the constructor.
        id: u32,
    },
    /// A field that the constructor does not have.
    #[error("constructor {id:#010x} has no such field")]
    UnknownField {
        /// Id of the constructor.
        id: u32,
    },
    /// A number for a text, a list for an object and so on.
    #[error("a value of another kind is wanted")]
    WrongKind,
    /// A number that does not fit, or a byte string of the wrong length.
    #[error("the value does not fit its type")]
    OutOfRange,
    /// Some, but not all, of the fields that share a bit.
    #[error("constructor {id:#010x}: fields that share a bit stand or fall together")]
    HalfGroup {
        /// Id of the constructor.
        id: u32,
    },
    /// Objects nest deeper than [`TL_DEPTH_MAX`].
    #[error("objects nest deeper than {TL_DEPTH_MAX}")]
    TooDeep,
}

/// Appends a canonical object.
pub fn encode(value: &Value, sink: &mut Vec<u8>) -> Result<(), ValueError> {
    let Value::Object { name, fields } = value else { return Err(ValueError::WrongKind) };
    object(name, fields, None, 0, sink)
}

/// Appends the answer to a canonical method: an object, a `Bool`, a vector, as its type wants.
pub fn encode_answer(method: Version, value: &Value, sink: &mut Vec<u8>) -> Result<(), ValueError> {
    encode_as(value, method.0.result, 0, sink)
}

fn encode_as(value: &Value, ty: u16, depth: usize, sink: &mut Vec<u8>) -> Result<(), ValueError> {
    if ty & kind::VECTOR != 0 {
        let Value::List(items) = value else { return Err(ValueError::WrongKind) };
        VECTOR_ID.encode(sink);
        u32::try_from(items.len()).map_err(|_| ValueError::OutOfRange)?.encode(sink);
        return items.iter().try_for_each(|item| encode_as(item, ty & !kind::VECTOR, depth, sink));
    }
    match (ty, value) {
        (kind::BOOL, Value::Bool(truth)) => truth.encode(sink),
        (kind::INT, Value::Int(number)) => {
            i32::try_from(*number).map_err(|_| ValueError::OutOfRange)?.encode(sink);
        }
        (kind::LONG, Value::Int(number)) => number.encode(sink),
        (kind::DOUBLE, Value::Double(number)) => number.encode(sink),
        (kind::DOUBLE, Value::Int(number)) => {
            let number = i32::try_from(*number).map_err(|_| ValueError::OutOfRange)?;
            f64::from(number).encode(sink);
        }
        (kind::STRING, Value::Text(text)) => text.encode(sink),
        (kind::BYTES, Value::Bytes(bytes)) => put_bytes(sink, bytes),
        (kind::INT128, Value::Bytes(bytes)) if bytes.len() == 16 => sink.extend_from_slice(bytes),
        (kind::INT256, Value::Bytes(bytes)) if bytes.len() == 32 => sink.extend_from_slice(bytes),
        (kind::INT128 | kind::INT256, Value::Bytes(_)) => return Err(ValueError::OutOfRange),
        (ty, Value::Object { name, fields }) if ty >= kind::BOXED => {
            return object(name, fields, Some(ty), depth, sink);
        }
        _ => return Err(ValueError::WrongKind),
    }
    Ok(())
}

fn canonical(name: &str) -> Option<&'static Def> {
    tables::family_named(name).and_then(|family| family.at(LAYER_CANONICAL))
}

fn object(
    name: &str,
    fields: &[(String, Value)],
    wanted: Option<u16>,
    depth: usize,
    sink: &mut Vec<u8>,
) -> Result<(), ValueError> {
    if depth >= TL_DEPTH_MAX {
        return Err(ValueError::TooDeep);
    }
    let def = canonical(name).ok_or(ValueError::UnknownConstructor)?;
    let id = def.id;
    if wanted.is_some_and(|wanted| def.function || def.result != wanted) {
        return Err(ValueError::WrongType { id });
    }
    let known = |name: &str| def.fields().any(|f| f.ty != kind::FLAGS && text(f.name) == name);
    if !fields.iter().all(|(name, _)| known(name)) {
        return Err(ValueError::UnknownField { id });
    }
    let given = |name: &str| fields.iter().find(|(own, _)| own == name).map(|(_, value)| value);
    let words = flags(def, &given)?;
    id.encode(sink);
    for field in def.fields() {
        match given(text(field.name)) {
            _ if field.ty == kind::FLAGS => {
                words.get(usize::from(field.word)).copied().unwrap_or_default().encode(sink);
            }
            _ if field.ty == kind::TRUE => {}
            Some(value) => encode_as(value, field.ty, depth + 1, sink)?,
            None if field.bit == ALWAYS => plain(field.ty, depth + 1, sink)?,
            None => {}
        }
    }
    Ok(())
}

/// The flags words: a bit is set if its fields are given, and a `true` given as true.
fn flags<'a>(def: &Def, given: &impl Fn(&str) -> Option<&'a Value>) -> Result<[u32; 2], ValueError> {
    let (mut set, mut absent) = ([0_u32; 2], [0_u32; 2]);
    for field in def.fields().filter(|field| field.bit != ALWAYS) {
        let is_there = match (field.ty, given(text(field.name))) {
            (kind::TRUE, Some(Value::Bool(truth))) => *truth,
            (kind::TRUE, Some(_)) => return Err(ValueError::WrongKind),
            (_, value) => value.is_some(),
        };
        let words = if is_there { &mut set } else { &mut absent };
        if let Some(word) = words.get_mut(usize::from(field.bit >> 5))
            && (is_there || field.ty != kind::TRUE)
        {
            *word |= 1 << (field.bit & 31);
        }
    }
    let [a, b] = set;
    let [c, d] = absent;
    if a & c | b & d == 0 { Ok(set) } else { Err(ValueError::HalfGroup { id: def.id }) }
}

/// The plainest value of a type.
fn plain(ty: u16, depth: usize, sink: &mut Vec<u8>) -> Result<(), ValueError> {
    if ty & kind::VECTOR != 0 {
        VECTOR_ID.encode(sink);
        0_u32.encode(sink);
        return Ok(());
    }
    let zeros = match ty {
        kind::INT | kind::STRING | kind::BYTES => 4,
        kind::LONG | kind::DOUBLE => 8,
        kind::INT128 => 16,
        kind::INT256 => 32,
        kind::BOOL => {
            FALSE_ID.encode(sink);
            0
        }
        ty => {
            let (families, _) = tables::ty(ty);
            let mut versions =
                families.iter().filter_map(|family| tables::family(*family).at(LAYER_CANONICAL));
            let plainest = versions.next().ok_or(ValueError::UnknownConstructor)?;
            return object(plainest.name(), &[], None, depth, sink);
        }
    };
    sink.extend_from_slice([0; 32].get(..zeros).unwrap_or_default());
    Ok(())
}
