//! The schema of all layers as tables, and the look-ups in them.
//!
//! Every row is reached through a checked index: a number out of a table reads as "nothing there", never as a panic.
//! Source: `schema/api.tl` and `schema/rules.txt`, through the build script.
#![allow(clippy::unreadable_literal, reason = "generated numbers are for the machine")]

#[path = "../build/ops.rs"]
#[allow(dead_code, reason = "shared with the build script, which packs the steps")]
pub(crate) mod ops;

use ops::{NONE, kind};

include!(concat!(env!("OUT_DIR"), "/tables.rs"));

/// One version of a constructor or method.
pub(crate) struct Def {
    pub(crate) id: u32,
    pub(crate) function: bool,
    /// The name that all its versions share.
    pub(crate) family: u16,
    /// Code of the type that a constructor makes or a method answers.
    pub(crate) result: u16,
    /// The canonical version of the same meaning, or [`NONE`].
    pub(crate) target: u16,
    /// Bridges for the whole constructor, or for a method's answer; or [`NONE`].
    pub(crate) raise_bridge: u16,
    pub(crate) lower_bridge: u16,
    /// Plans: as it is, to the canonical version, from the canonical version.
    pub(crate) same: u32,
    pub(crate) raise: u32,
    pub(crate) lower: u32,
    first_field: u16,
    field_count: u16,
}

impl Def {
    const fn new(id: u32, function: bool, links: [u16; 5], plans: [u32; 3], fields: [u16; 2]) -> Self {
        let [family, result, target, raise_bridge, lower_bridge] = links;
        let [same, raise, lower] = plans;
        let [first_field, field_count] = fields;
        Self {
            id,
            function,
            family,
            result,
            target,
            raise_bridge,
            lower_bridge,
            same,
            raise,
            lower,
            first_field,
            field_count,
        }
    }

    /// The fields in the order of the wire, flags words among them.
    pub(crate) fn fields(&self) -> impl DoubleEndedIterator<Item = Field> {
        span(&FIELDS, self.first_field, self.field_count).iter().map(|packed| {
            let [_, bit, word, _, ty0, ty1, name0, name1] = packed.to_le_bytes();
            Field { bit, word, ty: u16::from_le_bytes([ty0, ty1]), name: u16::from_le_bytes([name0, name1]) }
        })
    }

    /// The type of the field called `name`.
    pub(crate) fn field_type(&self, name: &str) -> Option<u16> {
        self.fields().find(|field| text(field.name) == name).map(|field| field.ty)
    }

    /// The name, as in `messages.sendMessage`.
    pub(crate) fn name(&self) -> &'static str {
        family(self.family).name()
    }
}

/// A field of one version.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    /// The bit that announces it, or [`ops::ALWAYS`].
    pub(crate) bit: u8,
    /// Which flags word it is, if it is one.
    pub(crate) word: u8,
    pub(crate) ty: u16,
    /// Index of its name.
    pub(crate) name: u16,
}

/// All versions of one name.
#[derive(Clone, Copy, Default)]
pub(crate) struct Family {
    name: u16,
    first_stretch: u16,
    stretch_count: u16,
    first_former: u16,
    former_count: u16,
}

/// The def at `index`.
#[inline]
pub(crate) fn def(index: u16) -> Option<&'static Def> {
    DEFS.get(usize::from(index))
}

/// The version with this id, of whatever layer.
#[inline]
pub(crate) fn by_id(id: u32) -> Option<&'static Def> {
    let [low, high, ..] = id.to_le_bytes();
    let mut slot = usize::from(u16::from_le_bytes([low, high]));
    loop {
        slot %= IDS.len();
        let found = def(*IDS.get(slot)?)?;
        if found.id == id {
            return Some(found);
        }
        slot += 1;
    }
}

/// The family at `index`; beyond the table lies one without versions.
#[inline]
pub(crate) fn family(index: u16) -> Family {
    let row = FAMILIES.get(usize::from(index)).copied().unwrap_or_default();
    let [name, first_stretch, stretch_count, first_former, former_count] = row;
    Family { name, first_stretch, stretch_count, first_former, former_count }
}

impl Family {
    /// The version that is current in `layer`, which must be one of [`known_layer`]'s.
    #[inline]
    pub(crate) fn at(self, layer: u16) -> Option<&'static Def> {
        span(&STRETCHES, self.first_stretch, self.stretch_count).iter().find_map(|packed| {
            let [place0, place1, _, _, from0, from1, to0, to1] = packed.to_le_bytes();
            let stretch = u16::from_le_bytes([from0, from1])..=u16::from_le_bytes([to0, to1]);
            if stretch.contains(&layer) { def(u16::from_le_bytes([place0, place1])) } else { None }
        })
    }

    /// The name, as in `messages.sendMessage`.
    pub(crate) fn name(self) -> &'static str {
        text(self.name)
    }

    /// Families that were renamed to this one.
    pub(crate) fn former(self) -> &'static [u16] {
        span(&FORMER, self.first_former, self.former_count)
    }
}

/// The family called `name`; a binary search, for families are sorted by name.
pub(crate) fn family_named(name: &str) -> Option<Family> {
    let place = FAMILIES.binary_search_by(|[own, ..]| text(*own).cmp(name)).ok()?;
    u16::try_from(place).ok().map(family)
}

/// The steps from `start` on; the plan ends with its END.
#[inline]
pub(crate) fn plan(start: u32) -> &'static [u64] {
    usize::try_from(start).ok().and_then(|start| STEPS.get(start..)).unwrap_or_default()
}

/// The layer whose versions `layer` takes; one above the newest takes the newest, one below the oldest nothing.
pub(crate) fn known_layer(layer: u16) -> Option<u16> {
    let place = usize::from(layer.checked_sub(FIRST_LAYER)?);
    LAYERS.get(place).or(LAYERS.last()).copied()
}

/// The families of a type, plainest first, and the one that stands for what cannot be expressed, or [`NONE`].
pub(crate) fn ty(code: u16) -> (&'static [u16], u16) {
    let row = code.checked_sub(kind::BOXED).and_then(|place| TYPES.get(usize::from(place)));
    let [_, first, count, instead] = row.copied().unwrap_or([0, 0, 0, NONE]);
    (span(&MEMBERS, first, count), instead)
}

/// The name of a schema type.
pub(crate) fn type_name(code: u16) -> Option<&'static str> {
    let [name, ..] = TYPES.get(usize::from(code.checked_sub(kind::BOXED)?))?;
    Some(text(*name))
}

/// A name by its index.
pub(crate) fn text(name: u16) -> &'static str {
    let Some([length, a, b, c]) = NAMES.get(usize::from(name)).map(|span| span.to_le_bytes()) else {
        return "";
    };
    let start = usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16;
    TEXT.get(start..start + usize::from(length)).unwrap_or_default()
}

#[inline]
fn span<T>(table: &'static [T], first: u16, count: u16) -> &'static [T] {
    let first = usize::from(first);
    table.get(first..first + usize::from(count)).unwrap_or_default()
}
