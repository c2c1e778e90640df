//! How the types lie in memory and on the wire: which variants are boxed, which fields, the fewest bytes of each.
//!
//! A variant whose fields take more than `inline_bytes_max` holds a box of a struct in `fields`; the others hold
//! their fields inline. A field that would make a type contain itself is boxed.

use std::collections::{BTreeMap, BTreeSet};

use crate::reach::Picture;
use crate::schema::{Def, Ty};

#[derive(Default)]
pub(crate) struct Shape {
    inline_bytes_max: usize,
    /// Constructors whose fields stand in a struct behind a box.
    boxed: BTreeSet<String>,
    /// Direct references (from type, to type) that need a box, in inline variants only.
    cyclic: BTreeSet<(String, String)>,
    /// Fewest bytes on the wire, of types with their id, of constructors without.
    min_bytes: BTreeMap<String, usize>,
}

impl Shape {
    pub(crate) fn of(picture: &Picture<'_>, inline_bytes_max: usize) -> Self {
        let mut shape = Self { inline_bytes_max, ..Self::default() };
        loop {
            shape.cyclic = cycles(picture, &shape.boxed);
            let grown = large(picture, &shape);
            if grown.is_empty() {
                break;
            }
            shape.boxed.extend(grown);
        }
        shape.min_bytes = min_bytes(picture);
        shape
    }

    pub(crate) fn is_boxed(&self, ctor: &Def) -> bool {
        self.boxed.contains(&ctor.name)
    }

    /// Whether the reference to `target` in an inline variant of `owner` must be a box.
    pub(crate) fn is_cyclic(&self, owner: &str, target: &str) -> bool {
        self.cyclic.contains(&(owner.to_owned(), target.to_owned()))
    }

    /// Fewest bytes of a value of `ty`.
    pub(crate) fn min_bytes(&self, ty: &Ty) -> usize {
        fewest(ty, &self.min_bytes).unwrap_or_else(|| panic!("a type without a finite value"))
    }

    /// Fewest bytes of a constructor's or function's fields.
    pub(crate) fn min_body(&self, def: &Def) -> usize {
        fewest_body(def, &self.min_bytes).unwrap_or_else(|| panic!("{} has no finite value", def.name))
    }
}

/// The references that lie on a circle of types held by value.
fn cycles(picture: &Picture<'_>, boxed: &BTreeSet<String>) -> BTreeSet<(String, String)> {
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, ctors) in &picture.types {
        for field in ctors.iter().filter(|c| !boxed.contains(&c.name)).flat_map(|c| &c.fields) {
            if let Ty::Boxed(target) = &field.ty {
                edges.entry(name).or_default().insert(target);
            }
        }
    }
    let mut cyclic = BTreeSet::new();
    for (from, targets) in &edges {
        for to in targets {
            if reaches(&edges, to, from) {
                cyclic.insert(((*from).to_owned(), (*to).to_owned()));
            }
        }
    }
    cyclic
}

fn reaches(edges: &BTreeMap<&str, BTreeSet<&str>>, from: &str, to: &str) -> bool {
    let mut open = vec![from];
    let mut seen = BTreeSet::new();
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        if seen.insert(at) {
            open.extend(edges.get(at).into_iter().flatten());
        }
    }
    false
}

/// The variants that are too large under the present shape.
fn large(picture: &Picture<'_>, shape: &Shape) -> Vec<String> {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for name in picture.types.keys() {
        size_of_type(name, picture, shape, &mut sizes);
    }
    let ctors = picture.types.iter().flat_map(|(name, ctors)| ctors.iter().map(move |c| (name, c)));
    ctors
        .filter(|(name, ctor)| {
            !shape.is_boxed(ctor)
                && size_of_fields(name, ctor, picture, shape, &mut sizes) > shape.inline_bytes_max
        })
        .map(|(_, ctor)| ctor.name.clone())
        .collect()
}

fn size_of_type<'a>(
    name: &'a str,
    picture: &Picture<'a>,
    shape: &Shape,
    sizes: &mut BTreeMap<&'a str, usize>,
) -> usize {
    if let Some(size) = sizes.get(name) {
        return *size;
    }
    let Some((name, ctors)) = picture.types.get_key_value(name) else { return 0 };
    let payload = ctors
        .iter()
        .map(|c| if shape.is_boxed(c) { 8 } else { size_of_fields(name, c, picture, shape, sizes) })
        .max()
        .unwrap_or(0);
    let size = if payload == 0 { 1 } else { payload.next_multiple_of(8) + 8 };
    sizes.insert(name, size);
    size
}

fn size_of_fields<'a>(
    owner: &str,
    ctor: &Def,
    picture: &Picture<'a>,
    shape: &Shape,
    sizes: &mut BTreeMap<&'a str, usize>,
) -> usize {
    let mut total = 0;
    for field in &ctor.fields {
        let (size, optional) = match &field.ty {
            Ty::Flags(_) => continue,
            Ty::True | Ty::Bool => (1, 1),
            Ty::Int => (4, 8),
            Ty::Long | Ty::Double => (8, 16),
            Ty::Int128 => (16, 17),
            Ty::Int256 => (32, 33),
            Ty::String | Ty::Bytes | Ty::Rest | Ty::Vector(_) | Ty::BareVector(_) | Ty::Bare(_) => (24, 24),
            Ty::Boxed(target) if shape.is_cyclic(owner, target) => (8, 8),
            Ty::Boxed(target) => {
                let target = picture.types.get_key_value(target.as_str()).map_or("", |(name, _)| *name);
                let size = size_of_type(target, picture, shape, sizes);
                (size, size)
            }
        };
        total += if field.flag.is_some() { optional } else { size };
    }
    total
}

/// Grows the table until nothing changes: recursive types get their value from the constructor that ends the recursion.
fn min_bytes(picture: &Picture<'_>) -> BTreeMap<String, usize> {
    let mut known = BTreeMap::new();
    loop {
        let mut changed = false;
        for (name, ctors) in &picture.types {
            for ctor in ctors {
                if let Some(body) = fewest_body(ctor, &known) {
                    changed |= lower(&mut known, &ctor.name, body);
                    changed |= lower(&mut known, name, body + 4);
                }
            }
        }
        if !changed {
            return known;
        }
    }
}

fn lower(known: &mut BTreeMap<String, usize>, name: &str, bytes: usize) -> bool {
    let entry = known.entry(name.to_owned()).or_insert(usize::MAX);
    let changed = bytes < *entry;
    *entry = bytes.min(*entry);
    changed
}

fn fewest_body(def: &Def, known: &BTreeMap<String, usize>) -> Option<usize> {
    def.fields.iter().filter(|field| field.flag.is_none()).map(|field| fewest(&field.ty, known)).sum()
}

fn fewest(ty: &Ty, known: &BTreeMap<String, usize>) -> Option<usize> {
    match ty {
        Ty::True => Some(0),
        Ty::Flags(_) | Ty::Int | Ty::String | Ty::Bytes | Ty::Bool | Ty::Rest | Ty::BareVector(_) => Some(4),
        Ty::Long | Ty::Double | Ty::Vector(_) => Some(8),
        Ty::Int128 => Some(16),
        Ty::Int256 => Some(32),
        Ty::Boxed(name) | Ty::Bare(name) => known.get(name).copied(),
    }
}
