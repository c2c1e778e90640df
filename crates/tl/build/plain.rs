//! The plainest constructor of each type, which is its default: zeros, empty, absent.
//!
//! A constructor called `..Empty` goes first, then the one with the fewest fields that must be there, then the first
//! in the schema. Fields of other types take those types' defaults, so a type is settled only after what it needs.

use std::collections::BTreeMap;

use crate::schema::{Def, Ty};

/// The default constructor of every type, by the type's name.
pub(crate) fn plainest<'a>(types: &BTreeMap<&'a str, Vec<&'a Def>>) -> BTreeMap<&'a str, &'a Def> {
    let mut settled: BTreeMap<&str, &Def> = BTreeMap::new();
    loop {
        let ready: Vec<(&str, &Def)> = types
            .iter()
            .filter(|(name, _)| !settled.contains_key(*name))
            .filter_map(|(name, ctors)| Some((*name, choose(ctors, &settled)?)))
            .collect();
        if ready.is_empty() {
            return settled;
        }
        settled.extend(ready);
    }
}

fn choose<'a>(ctors: &[&'a Def], settled: &BTreeMap<&str, &Def>) -> Option<&'a Def> {
    let possible = ctors.iter().filter(|ctor| required(ctor).all(|ty| is_settled(ty, settled)));
    possible.min_by_key(|ctor| rank(ctor)).copied()
}

/// The order in which constructors of one type are taken for its default.
pub(crate) fn rank(ctor: &Def) -> (bool, usize) {
    (!ctor.name.ends_with("Empty"), required(ctor).count())
}

fn required(ctor: &Def) -> impl Iterator<Item = &Ty> {
    ctor.fields.iter().filter(|f| f.flag.is_none() && !matches!(f.ty, Ty::Flags(_))).map(|f| &f.ty)
}

fn is_settled(ty: &Ty, settled: &BTreeMap<&str, &Def>) -> bool {
    if let Ty::Boxed(name) = ty { settled.contains_key(name.as_str()) } else { true }
}
