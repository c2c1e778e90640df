//! crates/api/stubs.toml as data: the answer of every method that is not implemented. Its head is the format.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::tree::Tree;

pub(crate) const PATH: &str = "crates/api/stubs.toml";

pub(crate) struct Stubs<'a> {
    /// The answer to names that only older layers know.
    pub(crate) gone: String,
    /// Methods answered without a login.
    pub(crate) open: Vec<String>,
    pub(crate) lines: BTreeMap<String, Stub<'a>>,
}

pub(crate) struct Stub<'a> {
    /// Number of its line, from 1.
    pub(crate) line: usize,
    /// What stands after the equals sign.
    pub(crate) text: &'a str,
    pub(crate) value: Value,
}

impl<'a> Stubs<'a> {
    pub(crate) fn read(tree: &'a Tree) -> Result<Self, String> {
        let text = tree.text(PATH).ok_or("is missing")?;
        let mut table: Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
        let gone = match table.remove("gone") {
            Some(Value::String(gone)) => gone,
            _ => return Err("has no `gone`, a string".to_owned()),
        };
        let open = match table.remove("open") {
            Some(Value::Array(open)) => {
                open.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
            }
            _ => return Err("has no `open`, a list of names".to_owned()),
        };
        let mut places = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            if let Some((name, value)) = line.strip_prefix('"').and_then(|line| line.split_once("\" = ")) {
                places.insert(name, (index + 1, value));
            }
        }
        let mut lines = BTreeMap::new();
        for (name, value) in table {
            let Some((line, text)) = places.get(name.as_str()).copied() else {
                return Err(format!("does not write {name} as one line, \"{name}\" = .."));
            };
            lines.insert(name, Stub { line, text, value });
        }
        Ok(Self { gone, open, lines })
    }
}

impl Stub<'_> {
    /// The error this line stands for; None if it is an answer.
    pub(crate) fn error(&self) -> Option<&str> {
        self.value.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::{PATH, Stubs};
    use crate::tree::Tree;

    #[test]
    fn lines_keep_their_number_and_text() {
        let tree = Tree::of(&[(PATH, "gone = \"400 X\"\nopen = []\n\"a.b\" = { _ = \"c\" }\n")]);
        let stubs = Stubs::read(&tree).unwrap();
        let stub = &stubs.lines["a.b"];
        assert_eq!((stub.line, stub.text, stub.error()), (3, "{ _ = \"c\" }", None));
    }

    #[test]
    fn other_forms_are_refused() {
        for text in ["open = []", "gone = \"400 X\"", "gone = \"400 X\"\nopen = []\n[a]\nb = true\n"] {
            assert!(Stubs::read(&Tree::of(&[(PATH, text)])).is_err());
        }
    }
}
