//! Plans: how the fields of one version are rewritten into those of another, as steps of `ops`.

use std::collections::BTreeMap;

use crate::catalog::Catalog;
use crate::ops::{self, ALWAYS, NEVER, NONE, step};
use crate::pairing::{Source, pair};
use crate::rules::Rules;
use crate::schema::{Def, Field, Flag, Ty};

/// The plan that walks one version as it is.
pub(crate) fn identity(def: &Def, catalog: &mut Catalog) -> Vec<u64> {
    let sources = (0..def.fields.len()).map(Source::Same).collect();
    Planner::new(def, def, sources, catalog).steps(None)
}

/// The plan from one version to another, of which one is of the canonical layer.
pub(crate) fn rewrite(src: &Def, dst: &Def, raising: bool, rules: &Rules, catalog: &mut Catalog) -> Vec<u64> {
    match pair(src, dst, raising, rules) {
        Ok(sources) => Planner::new(src, dst, sources, catalog).steps(Some((rules, raising))),
        Err(complaint) => {
            catalog.complaints.push(complaint);
            Vec::new()
        }
    }
}

struct Planner<'a> {
    src: &'a Def,
    dst: &'a Def,
    sources: Vec<Source>,
    catalog: &'a mut Catalog,
    steps: Vec<u64>,
    /// The next field of `src` that has not been read.
    next: usize,
    /// Bytes of the fields that are the same since the last step.
    copying: u16,
    /// How many fields of `dst` have been dealt with.
    written: usize,
    /// Where the group of a shared bit began, and its last member.
    groups: BTreeMap<Flag, (usize, usize)>,
}

impl<'a> Planner<'a> {
    fn new(src: &'a Def, dst: &'a Def, sources: Vec<Source>, catalog: &'a mut Catalog) -> Self {
        let (steps, groups) = (Vec::new(), BTreeMap::new());
        Self { src, dst, sources, catalog, steps, next: 0, copying: 0, written: 0, groups }
    }

    fn steps(mut self, rules: Option<(&Rules, bool)>) -> Vec<u64> {
        self.open_groups();
        for place in 0..self.dst.fields.len() {
            self.written = place + 1;
            let field = &self.dst.fields[place];
            if let Ty::Flags(word) = field.ty {
                self.flags(word, rules.is_none());
            } else if field.ty == Ty::True {
                self.presence_bit(place);
            } else {
                self.field(place, rules);
            }
        }
        self.skip_to(self.src.fields.len());
        self.moved_bits();
        self.push(step(ops::END, ALWAYS, ALWAYS, 0, 0, 0));
        self.steps
    }

    /// Finds the bits of the target that more than one field with bytes hangs on, if one of them may be dropped.
    fn open_groups(&mut self) {
        let mut members: BTreeMap<Flag, Vec<usize>> = BTreeMap::new();
        for (place, field) in self.dst.fields.iter().enumerate() {
            if let Some(flag) = field.flag.filter(|_| field.ty != Ty::True) {
                members.entry(flag).or_default().push(place);
            }
        }
        for (flag, places) in members {
            let may_drop = |place: &usize| {
                matches!(self.dst.fields[*place].ty, Ty::Boxed(_))
                    || matches!(self.sources[*place], Source::Bridge { .. })
            };
            if let [first, .., last] = places[..]
                && places.iter().any(may_drop)
            {
                assert_eq!(places.len(), last - first + 1, "{}: a shared bit in two places", self.dst.name);
                self.groups.insert(flag, (first, last));
            }
        }
    }

    fn push(&mut self, next: u64) {
        if self.copying > 0 {
            let bytes = self.copying;
            self.copying = 0;
            self.steps.push(step(ops::COPY, ALWAYS, ALWAYS, 0, bytes, 0));
        }
        self.steps.push(next);
    }

    /// Passes over the fields of the source before `place`.
    fn skip_to(&mut self, place: usize) {
        while self.next < place {
            let (at, field) = (self.next, &self.src.fields[self.next]);
            self.next += 1;
            if let Ty::Flags(word) = field.ty {
                self.push(step(ops::TAKE_FLAGS, small(word), 0, 0, 0, 0));
            } else if let Some(to) = self.sources.iter().position(|s| *s == Source::BoolToTrue(at)) {
                let to = bit(&self.dst.fields[to]);
                self.push(step(ops::BOOL_TO_TRUE, bit(field), to, 0, 0, 0));
            } else if field.ty != Ty::True {
                if self.is_waited_for(at) {
                    self.catalog.complaints.push(format!("{}: {} moved", self.dst.name, field.name));
                }
                let code = self.catalog.code(&field.ty);
                self.push(step(ops::SKIP, bit(field), 0, 0, code, 0));
            }
        }
    }

    /// Whether a field of the target that has not been dealt with needs the bytes of source field `place`.
    fn is_waited_for(&self, place: usize) -> bool {
        self.sources[self.written..].iter().any(|source| {
            !matches!(source, Source::Presence(_) | Source::BoolToTrue(_))
                && source.reads().any(|read| read == place)
        })
    }

    fn flags(&mut self, word: usize, all_bits: bool) {
        // Fields before the flags word that the target lacks are passed over first.
        let here =
            (self.next..self.src.fields.len()).find(|place| self.src.fields[*place].ty == Ty::Flags(word));
        let between = here.map(|here| &self.src.fields[self.next..here]);
        let near = between.is_some_and(|fields| {
            (0..fields.len())
                .all(|offset| !self.is_waited_for(self.next + offset) || fields[offset].ty == Ty::True)
        });
        let mask = if all_bits { u32::MAX } else { self.kept_bits(word) };
        let [low, high] = [mask & 0xffff, mask >> 16].map(|half| u16::try_from(half).unwrap_or(NONE));
        let known = self.src.fields.iter().any(|field| field.ty == Ty::Flags(word));
        let from = if known { small(word) } else { NEVER };
        if let (Some(here), true) = (here, near) {
            self.skip_to(here);
            self.next = here + 1;
            self.push(step(ops::FLAGS, from, small(word), 0, low, high));
        } else {
            self.push(step(ops::PUT_FLAGS, from, small(word), 0, low, high));
        }
    }

    /// Bits of `true` fields that stand at the same place in both; a bit that also announces bytes is set with these.
    fn kept_bits(&self, word: usize) -> u32 {
        let mut mask = 0;
        for (field, source) in self.dst.fields.iter().zip(&self.sources) {
            if let (Source::Same(from), Some(flag)) = (source, field.flag)
                && flag.word == word
                && self.is_pure(flag)
                && field.ty == Ty::True
                && self.src.fields[*from].flag == Some(flag)
            {
                mask |= 1 << flag.bit;
            }
        }
        mask
    }

    fn is_pure(&self, flag: Flag) -> bool {
        !self.dst.fields.iter().any(|field| field.flag == Some(flag) && field.ty != Ty::True)
    }

    /// `true` fields whose bit moved, once all words have been read.
    fn moved_bits(&mut self) {
        for (field, source) in self.dst.fields.iter().zip(self.sources.clone()) {
            if let (Source::Same(from), Some(flag)) = (source, field.flag)
                && field.ty == Ty::True
                && self.is_pure(flag)
                && self.src.fields[from].flag != Some(flag)
            {
                self.push(step(ops::BIT, bit(&self.src.fields[from]), bit(field), 0, 0, 0));
            }
        }
    }

    /// A `true` of the target that stands for the presence of a field.
    fn presence_bit(&mut self, place: usize) {
        if let Source::Presence(from) = self.sources[place] {
            let (from, to) = (bit(&self.src.fields[from]), bit(&self.dst.fields[place]));
            self.push(step(ops::BIT, from, to, 0, 0, 0));
        }
    }

    fn field(&mut self, place: usize, rules: Option<(&Rules, bool)>) {
        let field = &self.dst.fields[place];
        let group = field.flag.and_then(|flag| self.groups.get(&flag).copied());
        if group.is_some_and(|(first, _)| first == place) {
            self.push(step(ops::GROUP, 0, bit(field), 0, 0, 0));
        }
        match self.sources[place].clone() {
            Source::Nothing => self.fill(place, rules),
            Source::Same(from) => self.same(place, from, rules),
            Source::TrueToBool(from) => {
                self.push(step(ops::TRUE_TO_BOOL, bit(&self.src.fields[from]), bit(field), 0, 0, 0));
            }
            Source::Presence(from) => {
                let code = self.catalog.code(&field.ty);
                self.push(step(ops::FILL, bit(&self.src.fields[from]), bit(field), 0, code, NONE));
            }
            Source::Bridge { path, from, to } => self.bridge(place, &path, &from, &to, rules),
            Source::BoolToTrue(_) | Source::WithEarlier => {}
        }
        if let Some((_, last)) = group
            && last == place
        {
            self.close_group();
        }
    }

    /// Writes into the open group's step how many steps it has.
    fn close_group(&mut self) {
        let copying = self.copying;
        assert_eq!(copying, 0, "{}: fields of a group are optional", self.dst.name);
        let opened = self.steps.iter().rposition(|step| step.to_le_bytes()[0] == ops::GROUP);
        let opened = opened.unwrap_or_else(|| panic!("{}: no group is open", self.dst.name));
        let [_, _, to, ..] = self.steps[opened].to_le_bytes();
        let count = u16::try_from(self.steps.len() - opened - 1).unwrap_or(NONE);
        self.steps[opened] = step(ops::GROUP, 0, to, 0, count, 0);
    }

    fn same(&mut self, place: usize, from: usize, rules: Option<(&Rules, bool)>) {
        let (was, is) = (&self.src.fields[from], &self.dst.fields[place]);
        self.skip_to(from);
        self.next = from + 1;
        if let (None, None, Some(bytes)) = (was.flag, is.flag, was.ty.fixed_bytes()) {
            self.copying += bytes;
            return;
        }
        let (a, b) = (self.catalog.code(&was.ty), self.catalog.code(&is.ty));
        let absent = self.absent(place, was, rules);
        self.push(step(ops::VALUE, bit(was), bit(is), absent, a, b));
    }

    /// What to do when the optional field `was` is not there.
    fn absent(&mut self, place: usize, was: &Field, rules: Option<(&Rules, bool)>) -> u8 {
        let is = &self.dst.fields[place];
        let need =
            rules.is_some_and(|(rules, _)| rules.needs.contains(&(self.dst.name.clone(), is.name.clone())));
        if is.flag.is_some() || (was.flag.is_none() && !need) {
            ops::ABSENT_STAYS
        } else if need {
            ops::ABSENT_DROPS
        } else {
            self.catalog.must_have_plain(&is.ty, &format!("{}.{}", self.dst.name, is.name));
            ops::ABSENT_PLAIN
        }
    }

    fn bridge(
        &mut self,
        place: usize,
        path: &str,
        from: &[Option<usize>],
        to: &[Option<usize>],
        rules: Option<(&Rules, bool)>,
    ) {
        let first = from.iter().flatten().min().copied().unwrap_or(self.next);
        self.skip_to(first);
        for (offset, read) in from.iter().flatten().enumerate() {
            assert_eq!(*read, first + offset, "{}: the fields of {path} stand apart", self.src.name);
        }
        self.next = first + from.iter().flatten().count();
        let was: Vec<Option<&Field>> =
            from.iter().map(|from| from.map(|from| &self.src.fields[from])).collect();
        let slot = |field: Option<&Field>| field.map_or(NEVER, bit);
        let from_bits = [0, 1].map(|n| slot(was.get(n).copied().flatten()));
        let to_bits = [0, 1].map(|n| slot(to.get(n).copied().flatten().map(|to| &self.dst.fields[to])));
        let absent =
            was.first().copied().flatten().map_or(ops::ABSENT_STAYS, |was| self.absent(place, was, rules));
        let was = was.first().copied().flatten().map_or(NONE, |was| self.catalog.code(&was.ty));
        let is = self.catalog.code(&self.dst.fields[place].ty);
        let number = self.catalog.bridge(path);
        self.push(step(ops::BRIDGE, 0, 0, absent, number, 0));
        self.push(step(from_bits[0], to_bits[0], from_bits[1], to_bits[1], was, is));
    }

    /// A field that the source lacks.
    fn fill(&mut self, place: usize, rules: Option<(&Rules, bool)>) {
        let field = &self.dst.fields[place];
        let code = self.catalog.code(&field.ty);
        if field.flag.is_some() {
            if let Some(from) = self.companion(place) {
                self.catalog.must_have_plain(&field.ty, &format!("{}.{}", self.dst.name, field.name));
                self.push(step(ops::FILL, from, bit(field), 0, code, NONE));
            }
            return;
        }
        if rules.is_some_and(|(rules, _)| rules.needs.contains(&(self.dst.name.clone(), field.name.clone())))
        {
            self.push(step(ops::DROP, ALWAYS, ALWAYS, 0, 0, 0));
            return;
        }
        let constructor = rules.and_then(|(rules, raising)| {
            let old = if raising { self.src } else { self.dst };
            rules.fills.get(&(old.name.clone(), field.name.clone()))
        });
        if let (Ty::Boxed(name), None) = (&field.ty, constructor) {
            let complaint = format!("{}.{} ({name}) has no value", self.dst.name, field.name);
            self.catalog.complaints.push(complaint);
        }
        if let Some(number) = constructor.and_then(|number| number.parse::<u32>().ok()) {
            let [low, high] = [number & 0xffff, number >> 16].map(|half| u16::try_from(half).unwrap_or(NONE));
            self.push(step(ops::FILL_INT, ALWAYS, ALWAYS, 0, low, high));
            return;
        }
        let family = constructor.map_or(NONE, |name| self.catalog.family(name));
        self.push(step(ops::FILL, ALWAYS, ALWAYS, 0, code, family));
    }

    /// The bit of the source behind another field that shares the bit of field `place`.
    fn companion(&self, place: usize) -> Option<u8> {
        let flag = self.dst.fields[place].flag;
        let others = self.dst.fields.iter().zip(&self.sources).filter(|(other, _)| other.flag == flag);
        others.filter_map(|(_, source)| source.reads().next()).map(|from| bit(&self.src.fields[from])).next()
    }
}

/// A field's bit as the steps write it: 32 bits for each word, or [`ALWAYS`].
fn bit(field: &Field) -> u8 {
    field.flag.map_or(ALWAYS, |flag| small(flag.word * 32) + u8::try_from(flag.bit).unwrap_or(ALWAYS))
}

fn small(value: usize) -> u8 {
    u8::try_from(value).unwrap_or(NEVER)
}

impl Ty {
    /// The size of a value, if all have the same and nothing inside can change.
    fn fixed_bytes(&self) -> Option<u16> {
        match self {
            Self::Int | Self::Bool => Some(4),
            Self::Long | Self::Double => Some(8),
            Self::Int128 => Some(16),
            Self::Int256 => Some(32),
            Self::Flags(_)
            | Self::True
            | Self::String
            | Self::Bytes
            | Self::Rest
            | Self::Boxed(_)
            | Self::Bare(_)
            | Self::Vector(_)
            | Self::BareVector(_) => None,
        }
    }
}
