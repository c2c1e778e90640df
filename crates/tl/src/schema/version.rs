//! One version of a constructor or method, and the ways to find it.

use ids::Layer;
use ids::limits::LAYER_CANONICAL;

use crate::tables::ops::{ALWAYS, kind};
use crate::tables::{self, DEFS, Def, text};

/// One version of a constructor or method, of whatever layer.
#[derive(Clone, Copy)]
pub struct Version(pub(crate) &'static Def);

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Version {}

/// The version with this id. Ids never clash between layers.
pub fn by_id(id: u32) -> Option<Version> {
    tables::by_id(id).map(Version)
}

/// The version of the constructor or method called `name`, as in `messages.sendMessage`, that is current in `layer`. A
/// layer above the canonical one has the canonical versions.
pub fn by_name(name: &str, layer: Layer) -> Option<Version> {
    let layer = tables::known_layer(layer.get())?;
    tables::family_named(name)?.at(layer).map(Version)
}

/// All methods of the canonical layer, in the order of the schema.
pub fn methods() -> impl Iterator<Item = Version> {
    DEFS.iter().map(Version).filter(|version| version.is_method() && version.is_canonical())
}

impl Version {
    /// The id on the wire.
    pub const fn id(self) -> u32 {
        self.0.id
    }

    /// The name, as in `messages.sendMessage`.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Whether it is a method, not a constructor.
    pub const fn is_method(self) -> bool {
        self.0.function
    }

    /// Whether it is current in the canonical layer.
    pub fn is_canonical(self) -> bool {
        self.is_in(Layer(LAYER_CANONICAL))
    }

    /// Whether it is current in `layer`.
    pub fn is_in(self, layer: Layer) -> bool {
        let known = tables::known_layer(layer.get());
        known.and_then(|known| tables::family(self.0.family).at(known)).is_some_and(|def| def.id == self.0.id)
    }

    /// The canonical version with the same meaning, which may have another name; none if it is gone.
    pub fn canonical(self) -> Option<Self> {
        tables::def(self.0.target).map(Self)
    }

    /// The type that a constructor makes or a method answers, as the schema writes it: `Vector<User>`.
    pub fn result(self) -> String {
        written(self.0.result)
    }

    /// The fields in the order of the wire, without the flags words.
    pub fn fields(self) -> impl Iterator<Item = FieldInfo> {
        let fields = self.0.fields().filter(|field| field.ty != kind::FLAGS);
        fields.map(|field| FieldInfo {
            name: text(field.name),
            ty: written(field.ty),
            is_optional: field.bit != ALWAYS,
        })
    }
}

/// A field as the schema has it.
pub struct FieldInfo {
    /// The name.
    pub name: &'static str,
    /// The type as the schema writes it.
    pub ty: String,
    /// Whether a flag says if it is there.
    pub is_optional: bool,
}

/// A type as the schema writes it.
fn written(ty: u16) -> String {
    if ty & kind::VECTOR != 0 {
        return format!("Vector<{}>", written(ty & !kind::VECTOR));
    }
    let name = match ty {
        kind::FLAGS => "#",
        kind::TRUE => "true",
        kind::INT => "int",
        kind::LONG => "long",
        kind::DOUBLE => "double",
        kind::INT128 => "int128",
        kind::INT256 => "int256",
        kind::STRING => "string",
        kind::BYTES => "bytes",
        kind::BOOL => "Bool",
        kind::REST => "X",
        ty => tables::type_name(ty).unwrap_or_default(),
    };
    name.to_owned()
}
