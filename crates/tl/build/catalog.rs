//! The numbers of types, constructor families and bridges in the tables.

use std::collections::{BTreeMap, BTreeSet};

use crate::ops::{EACH, kind};
use crate::pairing::EACH_ITEM;
use crate::schema::{Def, Ty};

/// All versions of one name make a family.
pub(crate) struct Catalog {
    types: BTreeMap<String, u16>,
    families: BTreeMap<String, u16>,
    /// Types that have an `..Empty` constructor.
    empties: BTreeSet<String>,
    /// Paths of bridge functions under `crate::layer::bridge`, in the order of first use.
    pub(crate) bridges: Vec<String>,
    /// What the rules leave open; the build stops if there is anything.
    pub(crate) complaints: Vec<String>,
}

impl Catalog {
    pub(crate) fn new(defs: &[Def]) -> Self {
        let types: BTreeSet<&str> = defs.iter().filter_map(Def::made_type).collect();
        let families: BTreeSet<&str> = defs.iter().map(|def| def.name.as_str()).collect();
        let empties = defs.iter().filter(|def| def.name.ends_with("Empty")).filter_map(Def::made_type);
        Self {
            empties: empties.map(str::to_owned).collect(),
            types: numbered(types),
            families: numbered(families),
            bridges: Vec::new(),
            complaints: Vec::new(),
        }
    }

    pub(crate) fn types(&self) -> impl Iterator<Item = &str> {
        self.types.keys().map(String::as_str)
    }

    pub(crate) fn families(&self) -> impl Iterator<Item = &str> {
        self.families.keys().map(String::as_str)
    }

    pub(crate) fn family(&self, name: &str) -> u16 {
        *self.families.get(name).unwrap_or_else(|| panic!("rules.txt: no constructor {name}"))
    }

    /// The code of a type: a kind, or the number of a schema type, with a mark for vectors.
    pub(crate) fn code(&self, ty: &Ty) -> u16 {
        match ty {
            Ty::Flags(_) => kind::FLAGS,
            Ty::True => kind::TRUE,
            Ty::Int => kind::INT,
            Ty::Long => kind::LONG,
            Ty::Double => kind::DOUBLE,
            Ty::Int128 => kind::INT128,
            Ty::Int256 => kind::INT256,
            Ty::String => kind::STRING,
            Ty::Bytes => kind::BYTES,
            Ty::Bool => kind::BOOL,
            Ty::Rest => kind::REST,
            Ty::Boxed(name) => {
                kind::BOXED + *self.types.get(name).unwrap_or_else(|| panic!("nothing makes a {name}"))
            }
            Ty::Vector(item) => kind::VECTOR | self.code(item),
            Ty::Bare(_) | Ty::BareVector(_) => panic!("the API has no bare values"),
        }
    }

    /// Complains unless a missing value of `ty` can be written as nothing: a zero, an empty string, an `..Empty`.
    pub(crate) fn must_have_plain(&mut self, ty: &Ty, place: &str) {
        if let Ty::Boxed(name) = ty
            && !self.empties.contains(name)
        {
            self.complaints.push(format!("{place} ({name}) may be missing"));
        }
    }

    /// The number of a bridge function, with a mark if it rewrites each item of a vector.
    pub(crate) fn bridge(&mut self, path: &str) -> u16 {
        if let Some(path) = path.strip_prefix(EACH_ITEM) {
            return EACH | self.bridge(path);
        }
        let place = self.bridges.iter().position(|known| known == path).unwrap_or_else(|| {
            self.bridges.push(path.to_owned());
            self.bridges.len() - 1
        });
        number(place)
    }
}

impl Def {
    /// The type that a constructor makes; a function makes none.
    pub(crate) fn made_type(&self) -> Option<&str> {
        if self.function { None } else { self.result.mention() }
    }
}

fn numbered(names: BTreeSet<&str>) -> BTreeMap<String, u16> {
    names.into_iter().enumerate().map(|(number_of, name)| (name.to_owned(), number(number_of))).collect()
}

/// A table index; all tables are far smaller than 65,535.
pub(crate) fn number(place: usize) -> u16 {
    u16::try_from(place)
        .ok()
        .filter(|place| *place != u16::MAX)
        .unwrap_or_else(|| panic!("a table is too large"))
}
