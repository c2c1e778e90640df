//! A second reader of `schema/api.tl`, which shares nothing with the crate's own.

use std::collections::HashMap;
use std::sync::LazyLock;

pub(crate) struct Def {
    pub(crate) name: String,
    pub(crate) id: u32,
    /// Name and type of each field, as written.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) result: String,
    pub(crate) function: bool,
    layers: Vec<(u16, u16)>,
    /// The line without the layers.
    pub(crate) line: String,
}

pub(crate) struct History {
    pub(crate) defs: Vec<Def>,
    unknown: Vec<u16>,
}

pub(crate) static HISTORY: LazyLock<History> = LazyLock::new(|| read(include_str!("../../schema/api.tl")));

/// The versions of the canonical layer, by id.
pub(crate) static CANONICAL: LazyLock<HashMap<u32, &Def>> = LazyLock::new(|| HISTORY.at(230));

fn read(text: &str) -> History {
    let mut history = History { defs: Vec::new(), unknown: Vec::new() };
    let mut function = false;
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("//")) {
        if let Some(layers) = line.strip_prefix("[unknown] ") {
            history.unknown = layers.split(' ').map(|layer| layer.parse().unwrap()).collect();
        } else if line.starts_with("[layers]") {
            assert_eq!(line, "[layers] 143-230");
        } else if line.starts_with('[') {
            function = line == "[functions]";
        } else {
            history.defs.push(def(line, function));
        }
    }
    history
}

fn def(line: &str, function: bool) -> Def {
    let (line, layers) = line.split_once(" | ").unwrap_or((line, "143-230"));
    let (left, result) = line.split_once("= ").unwrap();
    let mut words = left.split_whitespace();
    let (name, id) = words.next().unwrap().split_once('#').unwrap();
    let stretch = |text: &str| {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        (from.parse().unwrap(), to.parse().unwrap())
    };
    Def {
        name: name.into(),
        id: u32::from_str_radix(id, 16).unwrap(),
        fields: words.map(|word| word.split_once(':').unwrap()).map(|(a, b)| (a.into(), b.into())).collect(),
        result: result.into(),
        function,
        layers: layers.split(' ').map(stretch).collect(),
        line: line.into(),
    }
}

impl History {
    /// The layers of which something is known, oldest first.
    pub(crate) fn layers(&self) -> Vec<u16> {
        (143..=230).filter(|layer| !self.unknown.contains(layer)).collect()
    }

    /// The versions that are current in `layer`, by id.
    pub(crate) fn at(&self, layer: u16) -> HashMap<u32, &Def> {
        let current = |def: &&Def| def.layers.iter().any(|(from, to)| (*from..=*to).contains(&layer));
        self.defs.iter().filter(current).map(|def| (def.id, def)).collect()
    }
}
