//! The schema as a list of definitions: the one reader of the `.tl` files.
//!
//! A line it does not understand stops the build, so that nothing is left out in silence.

/// One version of a constructor or method.
pub(crate) struct Def {
    pub(crate) name: String,
    pub(crate) id: u32,
    pub(crate) fields: Vec<Field>,
    pub(crate) result: Ty,
    pub(crate) function: bool,
    /// First and last layer of each stretch in which this version is current.
    pub(crate) layers: Vec<(u16, u16)>,
}

pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    pub(crate) flag: Option<Flag>,
}

/// The bit that says whether a field is there: which flags word of the constructor, which bit of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Flag {
    pub(crate) word: usize,
    pub(crate) bit: u32,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ty {
    /// A flags word; the number counts them within the constructor.
    Flags(usize),
    /// A bare `true`: the bit alone, no bytes.
    True,
    Int,
    Long,
    Double,
    Int128,
    Int256,
    String,
    Bytes,
    Bool,
    /// `!X` or its answer `X`: all bytes that are left.
    Rest,
    /// A type of the schema, written with its constructor's id.
    Boxed(String),
    /// A constructor of the schema, written without its id.
    Bare(String),
    Vector(Box<Ty>),
    BareVector(Box<Ty>),
}

/// The layers of a line that names none, in a file that does not say which it covers.
const ALL_LAYERS: (u16, u16) = (0, u16::MAX);

/// Reads the `[unknown]` line: layers of which nothing is known.
pub(crate) fn unknown_layers(text: &str) -> Vec<u16> {
    let line = text.lines().find_map(|line| line.strip_prefix("[unknown] ")).unwrap_or_default();
    line.split(' ').map(|layer| layer.parse().unwrap_or_else(|_| panic!("not a layer: {layer}"))).collect()
}

/// Reads a whole file.
pub(crate) fn parse(text: &str) -> Vec<Def> {
    let mut defs = Vec::new();
    let (mut function, mut all) = (false, ALL_LAYERS);
    for line in text.lines() {
        match line.trim() {
            "" => {}
            aside if aside.starts_with("//") || aside.starts_with("[unknown] ") => {}
            covered if covered.starts_with("[layers] ") => {
                all = covered.strip_prefix("[layers] ").and_then(stretch).unwrap_or(ALL_LAYERS);
            }
            "[types]" => function = false,
            "[functions]" => function = true,
            line => {
                defs.push(
                    definition(line, function, all).unwrap_or_else(|| panic!("not understood: {line}")),
                );
            }
        }
    }
    defs
}

fn definition(line: &str, function: bool, all: (u16, u16)) -> Option<Def> {
    let (line, layers) = match line.split_once(" | ") {
        Some((line, layers)) => (line, layers.split(' ').map(stretch).collect::<Option<Vec<_>>>()?),
        None => (line, vec![all]),
    };
    let (left, result) = line.split_once(" = ").or_else(|| line.split_once("= "))?;
    let mut words = left.split_whitespace();
    let (name, id) = words.next()?.split_once('#')?;
    let mut flag_words = Vec::new();
    let mut fields = Vec::new();
    for word in words {
        let (name, ty) = word.split_once(':')?;
        fields.push(field(name, ty, &mut flag_words)?);
    }
    Some(Def {
        name: name.to_owned(),
        id: u32::from_str_radix(id, 16).ok()?,
        fields,
        result: ty(result)?,
        function,
        layers,
    })
}

fn stretch(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some((first.parse().ok()?, last.parse().ok()?))
}

fn field(name: &str, text: &str, flag_words: &mut Vec<String>) -> Option<Field> {
    if text == "#" {
        flag_words.push(name.to_owned());
        return Some(Field { name: name.to_owned(), ty: Ty::Flags(flag_words.len() - 1), flag: None });
    }
    let (flag, text) = match text.split_once('?') {
        None => (None, text),
        Some((place, text)) => {
            let (word, bit) = place.split_once('.')?;
            let word = flag_words.iter().position(|known| known == word)?;
            (Some(Flag { word, bit: bit.parse().ok().filter(|bit| *bit < 32)? }), text)
        }
    };
    Some(Field { name: name.to_owned(), ty: ty(text)?, flag })
}

fn ty(text: &str) -> Option<Ty> {
    if let Some(item) = text.strip_prefix("Vector<").and_then(|rest| rest.strip_suffix('>')) {
        return Some(Ty::Vector(Box::new(ty(item)?)));
    }
    if let Some(item) = text.strip_prefix("vector<").and_then(|rest| rest.strip_suffix('>')) {
        return Some(Ty::BareVector(Box::new(ty(item)?)));
    }
    Some(match text {
        "true" => Ty::True,
        "int" => Ty::Int,
        "long" => Ty::Long,
        "double" => Ty::Double,
        "int128" => Ty::Int128,
        "int256" => Ty::Int256,
        "string" => Ty::String,
        "bytes" => Ty::Bytes,
        "Bool" => Ty::Bool,
        "X" | "!X" => Ty::Rest,
        name => {
            let last = name.rsplit('.').next()?;
            if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.') {
                return None;
            }
            if last.starts_with(|c: char| c.is_ascii_uppercase()) {
                Ty::Boxed(name.to_owned())
            } else {
                Ty::Bare(name.to_owned())
            }
        }
    })
}

impl Def {
    /// The namespace, empty for a name without one.
    pub(crate) fn namespace(&self) -> &str {
        namespace(&self.name)
    }

    /// Whether this version is current in `layer`.
    pub(crate) fn in_layer(&self, layer: u16) -> bool {
        self.layers.iter().any(|(first, last)| (*first..=*last).contains(&layer))
    }
}

/// What stands before the dot of a name.
pub(crate) fn namespace(name: &str) -> &str {
    name.split_once('.').map_or("", |(namespace, _)| namespace)
}

impl Ty {
    /// The type as the schema writes it.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Flags(_) => "#".to_owned(),
            Self::True => "true".to_owned(),
            Self::Int => "int".to_owned(),
            Self::Long => "long".to_owned(),
            Self::Double => "double".to_owned(),
            Self::Int128 => "int128".to_owned(),
            Self::Int256 => "int256".to_owned(),
            Self::String => "string".to_owned(),
            Self::Bytes => "bytes".to_owned(),
            Self::Bool => "Bool".to_owned(),
            Self::Rest => "X".to_owned(),
            Self::Boxed(name) | Self::Bare(name) => name.clone(),
            Self::Vector(item) => format!("Vector<{}>", item.text()),
            Self::BareVector(item) => format!("vector<{}>", item.text()),
        }
    }
}
