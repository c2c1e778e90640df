//! The methods of `stubs.toml`: an explicit error, or an empty answer that is true.
//!
//! The file is part of the binary and is read once, at the first call that needs it. That every line of it can be
//! read and answered is a test below, so that a mistake stops the tests and not a server.

use std::collections::HashMap;
use std::sync::LazyLock;

use ids::{Layer, UnixTime, limits};
use tl::schema::{self, Value, Version};

use crate::RpcError;

/// A method that is not implemented.
pub(crate) struct Stub {
    /// It is answered to a key without a user as well.
    pub(crate) open: bool,
    answer: Answer,
}

enum Answer {
    Error(RpcError),
    Empty { method: Version, template: toml::Value },
}

/// What is wrong with the file. Whoever wrote it is to blame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    Toml,
    Method,
    Answer,
}

#[derive(serde::Deserialize)]
struct File {
    gone: String,
    open: Vec<String>,
    #[serde(flatten)]
    lines: HashMap<String, toml::Value>,
}

struct Stubs {
    by_id: HashMap<u32, Stub>,
    gone: RpcError,
}

static STUBS: LazyLock<Stubs> = LazyLock::new(|| {
    let nothing = Stubs { by_id: HashMap::new(), gone: RpcError::InputMethodInvalid };
    read(include_str!("../stubs.toml")).unwrap_or(nothing)
});

/// The stub of a method of the canonical layer.
pub(crate) fn find(id: u32) -> Option<&'static Stub> {
    STUBS.by_id.get(&id)
}

/// The error of a method that the canonical layer does not have any more.
pub(crate) fn gone() -> RpcError {
    STUBS.gone
}

impl Stub {
    /// The answer at a given time, in the canonical layer.
    pub(crate) fn answer(&self, now: UnixTime) -> Result<Vec<u8>, RpcError> {
        match &self.answer {
            Answer::Error(error) => Err(*error),
            Answer::Empty { method, template } => {
                let mut bytes = Vec::new();
                let built = value(template, now).and_then(|value| {
                    schema::encode_answer(*method, &value, &mut bytes).map_err(|_unfit| Fault::Answer)
                });
                built.map_err(|_fault| RpcError::InputMethodInvalid)?;
                Ok(bytes)
            }
        }
    }
}

fn read(text: &'static str) -> Result<Stubs, Fault> {
    let file: File = toml::from_str(text).map_err(|_unreadable| Fault::Toml)?;
    let mut by_id = HashMap::with_capacity(file.lines.len());
    for (name, line) in file.lines {
        let method = schema::by_name(&name, Layer(limits::LAYER_CANONICAL))
            .filter(|method| method.is_method())
            .ok_or(Fault::Method)?;
        let answer = match line.as_str() {
            Some(text) => Answer::Error(error(text)?),
            None => Answer::Empty { method, template: line },
        };
        by_id.insert(method.id(), Stub { open: file.open.contains(&name), answer });
    }
    Ok(Stubs { by_id, gone: error(&file.gone)? })
}

/// `"400 CODE"`. The text lives as long as the process, as the file does; each is kept once.
fn error(line: &str) -> Result<RpcError, Fault> {
    let (code, text) = line.split_once(' ').ok_or(Fault::Answer)?;
    let code = code.parse().map_err(|_not_a_number| Fault::Answer)?;
    Ok(RpcError::Stub { code, text: String::leak(text.to_owned()) })
}

fn value(template: &toml::Value, now: UnixTime) -> Result<Value, Fault> {
    Ok(match template {
        toml::Value::Boolean(truth) => Value::Bool(*truth),
        toml::Value::Integer(number) => Value::Int(*number),
        toml::Value::Float(number) => Value::Double(*number),
        toml::Value::String(text) => dated(text, now)?,
        toml::Value::Array(items) => {
            Value::List(items.iter().map(|item| value(item, now)).collect::<Result<_, _>>()?)
        }
        toml::Value::Table(table) => object(table, now)?,
        toml::Value::Datetime(_) => return Err(Fault::Answer),
    })
}

fn object(table: &toml::Table, now: UnixTime) -> Result<Value, Fault> {
    let Some(toml::Value::String(name)) = table.get("_") else { return Err(Fault::Answer) };
    let fields = table.iter().filter(|(field, _)| *field != "_");
    let fields = fields.map(|(field, inner)| Ok((field.clone(), value(inner, now)?)));
    Ok(Value::Object { name: name.clone(), fields: fields.collect::<Result<_, Fault>>()? })
}

/// `"now+SECONDS"` is a time, any other text is itself.
fn dated(text: &str, now: UnixTime) -> Result<Value, Fault> {
    match text.strip_prefix("now+") {
        Some(seconds) => {
            let seconds: i64 = seconds.parse().map_err(|_not_a_number| Fault::Answer)?;
            Ok(Value::Int(UnixTime(now.0 + seconds).as_int().into()))
        }
        None => Ok(Value::Text(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Fault, read, value};
    use crate::methods;
    use ids::{Layer, UnixTime, limits};
    use tl::schema;

    const FILE: &str = include_str!("../stubs.toml");

    #[test]
    fn every_line_can_be_answered_in_every_layer_that_has_the_method() {
        let stubs = read(FILE).map_err(|fault| format!("{fault:?}")).unwrap();
        for (id, stub) in &stubs.by_id {
            let Answer::Empty { method, template } = &stub.answer else { continue };
            let mut bytes = Vec::new();
            let value = value(template, UnixTime(1_767_225_600)).unwrap();
            let built = schema::encode_answer(*method, &value, &mut bytes);
            assert!(built.is_ok(), "{}: {built:?}", method.name());
            for layer in limits::LAYER_MIN..limits::LAYER_CANONICAL {
                let Some(version) = schema::by_name(method.name(), Layer(layer)) else { continue };
                let mut lowered = Vec::new();
                let done = tl::layer::lower_result(version.id(), &bytes, Layer(layer), &mut lowered);
                assert!(done.is_ok(), "{} at {layer}: {done:?}", method.name());
            }
            assert_eq!(*id, method.id());
        }
    }

    #[test]
    fn every_method_of_the_canonical_layer_is_somewhere() {
        let stubs = read(FILE).map_err(|fault| format!("{fault:?}")).unwrap();
        let wrappers = ["invokeWithLayer", "initConnection", "invokeAfterMsg", "invokeAfterMsgs"];
        for method in schema::methods() {
            let implemented = methods::find(method.id()).is_some();
            let stub = stubs.by_id.contains_key(&method.id());
            let wrapper = method.name().starts_with("invoke") || wrappers.contains(&method.name());
            assert!(implemented != stub || wrapper, "{}", method.name());
        }
    }

    #[test]
    fn lines_that_are_wrong_are_found() {
        let fault = |text: &'static str| read(text).err();
        assert_eq!(fault("gone = 1"), Some(Fault::Toml));
        assert_eq!(fault("gone = '400 X'\nopen = []\n'no.such' = []"), Some(Fault::Method));
        assert_eq!(fault("gone = 'X'\nopen = []"), Some(Fault::Answer));
    }
}
