//! What the typed methods reach: only that gets Rust code.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::{Def, Ty};

/// The definitions of one generated module: its types by name, each with its constructors, and its functions.
pub(crate) struct Picture<'a> {
    pub(crate) types: BTreeMap<&'a str, Vec<&'a Def>>,
    pub(crate) functions: Vec<&'a Def>,
}

/// The types that `functions` and `roots` reach among `defs`, which hold one version of each name.
pub(crate) fn reach<'a>(defs: &[&'a Def], functions: Vec<&'a Def>, roots: &[&str]) -> Picture<'a> {
    let mut all: BTreeMap<&str, Vec<&'a Def>> = BTreeMap::new();
    for def in defs.iter().filter(|def| !def.function) {
        if let Ty::Boxed(name) = &def.result {
            all.entry(name).or_default().push(def);
        }
    }
    let mut wanted: Vec<&str> = Vec::new();
    for function in &functions {
        wanted.extend(function.mentions());
    }
    wanted.extend(all.keys().copied().filter(|name| roots.contains(name)));
    let mut seen = BTreeSet::new();
    let mut types = BTreeMap::new();
    while let Some(name) = wanted.pop() {
        let name = all.iter().find(|(ty, ctors)| **ty == name || ctors.iter().any(|c| c.name == name));
        let (name, ctors) = name.unwrap_or_else(|| panic!("a type without constructors is mentioned"));
        if seen.insert(*name) {
            wanted.extend(ctors.iter().flat_map(|ctor| ctor.fields.iter().filter_map(|f| f.ty.mention())));
            types.insert(*name, ctors.clone());
        }
    }
    Picture { types, functions }
}

impl Def {
    fn mentions(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| &field.ty).chain([&self.result]).filter_map(Ty::mention)
    }
}

impl Ty {
    /// The type or bare constructor inside, if it is one of the schema's own.
    pub(crate) fn mention(&self) -> Option<&str> {
        if let Self::Vector(item) | Self::BareVector(item) = self {
            item.mention()
        } else if let Self::Boxed(name) | Self::Bare(name) = self {
            Some(name)
        } else {
            None
        }
    }
}
