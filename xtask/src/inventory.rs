//! Every method of the canonical layer and what becomes of a call to it.

use std::collections::BTreeSet;

use crate::{
    names::{folder, snake},
    schema::{self, Def},
    stubs::Stubs,
    tree::Tree,
};

pub(crate) const SCHEMA: &str = "crates/tl/schema/api.tl";
pub(crate) const TYPED: &str = "crates/tl/typed.txt";
const LIMITS: &str = "crates/ids/src/limits.rs";

pub(crate) struct Inventory<'a> {
    /// All layers, oldest and newest version of everything.
    pub(crate) definitions: Vec<Def>,
    pub(crate) layers: Window,
    pub(crate) stubs: Stubs<'a>,
    tree: &'a Tree,
}

/// The layers that are served.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    pub(crate) oldest: u16,
    /// The typed one.
    pub(crate) canonical: u16,
}

/// What becomes of a call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum State {
    Implemented,
    /// Peeled off around another call.
    Wrapper,
    /// A truthful empty answer.
    Answer,
    Error,
}

impl<'a> Inventory<'a> {
    pub(crate) fn read(tree: &'a Tree) -> Result<Self, String> {
        let text = tree.text(SCHEMA).ok_or_else(|| format!("{SCHEMA} is missing"))?;
        let stubs = Stubs::read(tree).map_err(|error| format!("{} {error}", crate::stubs::PATH))?;
        Ok(Self { definitions: schema::parse(text), layers: Window::read(tree)?, stubs, tree })
    }

    /// The methods of the canonical layer, sorted by namespace and name; those without a namespace first.
    pub(crate) fn methods(&self) -> Vec<&Def> {
        let canonical = self.layers.canonical;
        let mut methods: Vec<&Def> =
            self.definitions.iter().filter(|def| def.function && def.in_layer(canonical)).collect();
        methods.sort_by_key(|def| (def.namespace().to_owned(), def.name.clone()));
        methods
    }

    /// Names of methods that only older layers know.
    pub(crate) fn gone(&self) -> BTreeSet<&str> {
        let kept: BTreeSet<&str> = self.methods().iter().map(|def| def.name.as_str()).collect();
        let functions = self.definitions.iter().filter(|def| def.function);
        functions.map(|def| def.name.as_str()).filter(|name| !kept.contains(name)).collect()
    }

    /// The constructors of the canonical layer.
    pub(crate) fn constructors(&self) -> impl Iterator<Item = &Def> {
        self.definitions.iter().filter(|def| !def.function && def.in_layer(self.layers.canonical))
    }

    /// What becomes of a call to this method; None when nothing says so, which `tidy` refuses.
    pub(crate) fn state(&self, method: &str) -> Option<State> {
        if self.tree.contains(&handler(method)) {
            return Some(State::Implemented);
        }
        if self.tree.contains(&wrapper(method)) {
            return Some(State::Wrapper);
        }
        let stub = self.stubs.lines.get(method)?;
        Some(if stub.error().is_some() { State::Error } else { State::Answer })
    }
}

impl Window {
    fn read(tree: &Tree) -> Result<Self, String> {
        let text = tree.text(LIMITS).ok_or_else(|| format!("{LIMITS} is missing"))?;
        let number = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(&format!("pub const {name}: u16 = ")));
            let number = line.and_then(|line| line.trim_end_matches(';').parse().ok());
            number.ok_or_else(|| format!("{LIMITS} does not set {name} on a line of its own"))
        };
        Ok(Self { oldest: number("LAYER_MIN")?, canonical: number("LAYER_CANONICAL")? })
    }
}

pub(crate) fn handler(method: &str) -> String {
    format!("crates/api/src/{}/{}.rs", folder(method), snake(method))
}

pub(crate) fn test(method: &str) -> String {
    format!("crates/api/tests/{}/{}.rs", folder(method), snake(method))
}

/// Wrappers have no namespace, and a folder of their own.
pub(crate) fn wrapper(method: &str) -> String {
    format!("crates/mtproto/src/wrapper/{}.rs", snake(method))
}

#[cfg(test)]
pub(crate) mod sample {
    //! A small project: one implemented method, one wrapper, one answer, one error, one name of old layers.

    use super::{SCHEMA, TYPED};
    use crate::{stubs, tree::Tree};

    pub(crate) const FILES: [(&str, &str); 8] = [
        (
            SCHEMA,
            "[types]\n\
             boolTrue#997275b5 = Bool\n\
             a.list#00000001 hash:long items:Vector<Item> = a.List\n\
             a.page#00000002 flags:# count:int next:flags.0?string head:Item until:int = a.List\n\
             item#00000003 id:long = Item\n\
             itemOld#00000004 id:int = Item | 143-150\n\
             [functions]\n\
             wrapIt#00000010 query:!X = X\n\
             a.getList#00000011 hash:long = a.List\n\
             a.isOn#00000012 = Bool\n\
             a.setOn#00000013 on:Bool = Bool\n\
             a.getIDs#00000014 = Vector<int>\n\
             a.oldOne#00000015 = Bool | 143-150\n\
             b.doIt#00000016 id:int = Item\n",
        ),
        (TYPED, "# typed\n\nwrapIt\nb.doIt\n"),
        (
            "crates/ids/src/limits.rs",
            "pub const LAYER_MIN: u16 = 143;\npub const LAYER_CANONICAL: u16 = 230;\n",
        ),
        (
            stubs::PATH,
            "gone = \"400 INPUT_METHOD_INVALID\"\nopen = [\"a.getIDs\"]\n\n\"a.getIDs\" = []\n\
             \"a.getList\" = { _ = \"a.list\" }\n\"a.isOn\" = false\n\"a.setOn\" = \"400 INPUT_METHOD_INVALID\"\n",
        ),
        ("crates/mtproto/src/wrapper/wrap_it.rs", "//! wrapIt: wraps.\n"),
        ("crates/api/src/b/mod.rs", "//! Methods of b.\npub mod do_it;\n"),
        (
            "crates/api/src/b/do_it.rs",
            "//! b.doIt: does it.\nimpl Method for tl::b::DoIt {\n    fn call(self) {}\n}\n",
        ),
        ("crates/api/tests/b/do_it.rs", "//! b.doIt from outside.\n"),
    ];

    /// The sample with some files replaced, or removed where the text is empty.
    pub(crate) fn tree(changes: &[(&str, &str)]) -> Tree {
        let kept = FILES.iter().filter(|(path, _)| changes.iter().all(|(changed, _)| changed != path));
        let files: Vec<_> =
            kept.chain(changes.iter().filter(|(_, text)| !text.is_empty())).copied().collect();
        Tree::of(&files)
    }
}

#[cfg(test)]
mod tests {
    use super::{Inventory, State, sample};

    #[test]
    fn every_method_has_a_state() {
        let tree = sample::tree(&[]);
        let inventory = Inventory::read(&tree).unwrap();
        let states: Vec<_> = inventory
            .methods()
            .iter()
            .map(|def| (def.name.clone(), inventory.state(&def.name).unwrap()))
            .collect();
        let expected = [
            ("wrapIt", State::Wrapper),
            ("a.getIDs", State::Answer),
            ("a.getList", State::Answer),
            ("a.isOn", State::Answer),
            ("a.setOn", State::Error),
            ("b.doIt", State::Implemented),
        ];
        assert_eq!(states, expected.map(|(name, state)| (name.to_owned(), state)));
        assert_eq!(inventory.gone().into_iter().collect::<Vec<_>>(), ["a.oldOne"]);
    }
}
