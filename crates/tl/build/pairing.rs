//! Which field of one version becomes which of another: by rule, by name, or not at all.

use crate::rules::{FieldRule, Rules};
use crate::schema::{Def, Ty};

/// Where the value of a field of the target comes from.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// Nowhere.
    Nothing,
    /// Field `.0` of what is read, as it is.
    Same(usize),
    /// A `Bool` for a `true`.
    BoolToTrue(usize),
    /// A `true` for a `Bool`.
    TrueToBool(usize),
    /// The presence of an optional field for a `true`, or a zero for a `true` that is set.
    Presence(usize),
    /// A bridge; the slots are fields of what is read and of the target, where they exist.
    Bridge { path: String, from: Vec<Option<usize>>, to: Vec<Option<usize>> },
    /// Written by the bridge of an earlier field.
    WithEarlier,
}

/// Pairs the fields of `dst` with those of `src`; `old` is one of the two, the other is of the canonical layer.
pub(crate) fn pair(src: &Def, dst: &Def, raising: bool, rules: &Rules) -> Result<Vec<Source>, String> {
    let mut sources = vec![Source::Nothing; dst.fields.len()];
    let (old, new) = if raising { (src, dst) } else { (dst, src) };
    for rule in rules.fields.iter().filter(|rule| rule.names.contains(&old.name)) {
        by_rule(rule, old, new, raising, rules, &mut sources)?;
    }
    for (place, field) in dst.fields.iter().enumerate() {
        if sources[place] != Source::Nothing || matches!(field.ty, Ty::Flags(_)) {
            continue;
        }
        let Some(from) = src.place(&field.name) else { continue };
        if taken(&sources, from) {
            continue;
        }
        sources[place] = match same_name(&src.fields[from].ty, &field.ty, raising, rules) {
            Some(Link::Same) => Source::Same(from),
            Some(Link::BoolToTrue) => Source::BoolToTrue(from),
            Some(Link::TrueToBool) => Source::TrueToBool(from),
            Some(Link::Bridge(path)) => {
                Source::Bridge { path, from: vec![Some(from)], to: vec![Some(place)] }
            }
            None if rules.lost.contains(&(old.name.clone(), field.name.clone())) => Source::Nothing,
            None => {
                let (was, is) = (src.fields[from].ty.text(), field.ty.text());
                return Err(format!("{}.{}: {was} to {is}", old.name, field.name));
            }
        };
    }
    Ok(sources)
}

/// Before the path of a bridge that rewrites each item of a vector.
pub(crate) const EACH_ITEM: &str = "each ";

enum Link {
    Same,
    BoolToTrue,
    TrueToBool,
    Bridge(String),
}

fn same_name(src: &Ty, dst: &Ty, raising: bool, rules: &Rules) -> Option<Link> {
    if aliased(src, rules) == aliased(dst, rules) {
        return Some(Link::Same);
    }
    if (src, dst) == (&Ty::Bool, &Ty::True) {
        return Some(Link::BoolToTrue);
    }
    if (src, dst) == (&Ty::True, &Ty::Bool) {
        return Some(Link::TrueToBool);
    }
    let (old, new) = if raising { (src, dst) } else { (dst, src) };
    if let Some(bridge) = rules.retypes.get(&(old.text(), new.text())) {
        return Some(Link::Bridge(path(bridge, raising)));
    }
    let (Ty::Vector(old), Ty::Vector(new)) = (old, new) else { return None };
    let bridge = rules.retypes.get(&(old.text(), new.text()))?;
    Some(Link::Bridge(EACH_ITEM.to_owned() + &path(bridge, raising)))
}

/// The bridge from the answer `old` to the answer `new` or back, if they differ.
pub(crate) fn retyped(old: &Ty, new: &Ty, raising: bool, rules: &Rules) -> Result<Option<String>, String> {
    let (src, dst) = if raising { (old, new) } else { (new, old) };
    match same_name(src, dst, raising, rules) {
        Some(Link::Same) => Ok(None),
        Some(Link::Bridge(path)) => Ok(Some(path)),
        Some(Link::BoolToTrue | Link::TrueToBool) | None => {
            Err(format!("answer {} to {}", old.text(), new.text()))
        }
    }
}

/// The path of one direction of a bridge.
pub(crate) fn path(bridge: &str, raising: bool) -> String {
    format!("{bridge}::{}", if raising { "raise" } else { "lower" })
}

fn by_rule(
    rule: &FieldRule,
    old: &Def,
    new: &Def,
    raising: bool,
    rules: &Rules,
    sources: &mut [Source],
) -> Result<(), String> {
    let old_places: Vec<Option<usize>> = rule.old.iter().map(|name| old.place(name)).collect();
    let new_places: Vec<Option<usize>> = rule.new.iter().map(|name| new.place(name)).collect();
    if old_places[0].is_none() || new_places[0].is_none() {
        return Ok(());
    }
    let (from, to) = if raising { (old_places, new_places) } else { (new_places, old_places) };
    let (src, dst) = if raising { (old, new) } else { (new, old) };
    let (Some(first_from), Some(first_to)) = (from[0], to[0]) else { return Ok(()) };
    let source = match &rule.bridge {
        Some(bridge) if bridge == "presence" => Source::Presence(first_from),
        Some(bridge) => Source::Bridge { path: path(bridge, raising), from, to: to.clone() },
        None => match same_name(&src.fields[first_from].ty, &dst.fields[first_to].ty, raising, rules) {
            Some(Link::Same) => Source::Same(first_from),
            Some(Link::Bridge(path)) => Source::Bridge { path, from, to: to.clone() },
            Some(Link::BoolToTrue | Link::TrueToBool) | None => {
                return Err(format!("{}: the types of {} and {} differ", old.name, rule.old[0], rule.new[0]));
            }
        },
    };
    sources[first_to] = source;
    for later in to.into_iter().skip(1).flatten() {
        sources[later] = Source::WithEarlier;
    }
    Ok(())
}

fn taken(sources: &[Source], place: usize) -> bool {
    sources.iter().any(|source| source.reads().any(|read| read == place))
}

impl Source {
    /// The fields that are read for it.
    pub(crate) fn reads(&self) -> impl Iterator<Item = usize> {
        let (one, many) = match self {
            Self::Nothing | Self::WithEarlier => (None, &[][..]),
            Self::Same(from) | Self::BoolToTrue(from) | Self::TrueToBool(from) | Self::Presence(from) => {
                (Some(*from), &[][..])
            }
            Self::Bridge { from, .. } => (None, from.as_slice()),
        };
        one.into_iter().chain(many.iter().copied().flatten())
    }
}

fn aliased(ty: &Ty, rules: &Rules) -> Ty {
    if let Ty::Vector(item) = ty {
        Ty::Vector(Box::new(aliased(item, rules)))
    } else if let Ty::Boxed(name) = ty {
        Ty::Boxed(rules.alias(name).to_owned())
    } else {
        ty.clone()
    }
}

impl Def {
    /// The place of the field called `name`.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name && !matches!(field.ty, Ty::Flags(_)))
    }
}
