//! The tables: every version of every constructor and method, for the transcoder and for look-ups at run time.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::catalog::{Catalog, number};
use crate::ops::{ALWAYS, NONE, kind, step};
use crate::pairing::{path, retyped};
use crate::plan::{identity, rewrite};
use crate::rules::Rules;
use crate::schema::{Def, Field, Ty};

/// Slots of the hash table of ids; ids are checksums, so their low bits are spread evenly.
const ID_SLOTS: usize = 8192;

struct Row {
    id: u32,
    family: u16,
    result: u16,
    fields: (usize, usize),
    same: usize,
    raise: usize,
    lower: usize,
    target: u16,
    /// Bridges for the whole constructor, or, of a function, for its answer.
    raise_bridge: u16,
    lower_bridge: u16,
}

struct Tables<'a> {
    defs: &'a [Def],
    rules: &'a Rules,
    canonical: u16,
    catalog: Catalog,
    names: Names,
    fields: Vec<u64>,
    steps: Vec<u64>,
    rows: Vec<Row>,
    /// Paths of whole-object bridges.
    objects: Vec<String>,
}

/// The code of the tables. `canonical` is the layer that all others are rewritten to and from.
pub(crate) fn emit(defs: &[Def], rules: &Rules, unknown: &[u16], canonical: u16) -> String {
    let mut tables = Tables {
        defs,
        rules,
        canonical,
        catalog: Catalog::new(defs),
        names: Names::default(),
        fields: Vec::new(),
        steps: Vec::new(),
        rows: Vec::new(),
        objects: Vec::new(),
    };
    for def in defs {
        tables.row(def);
    }
    let complaints = &tables.catalog.complaints;
    assert!(complaints.is_empty(), "rules.txt leaves open:\n{}", complaints.join("\n"));
    let mut code = tables.code();
    layers(&mut code, defs, unknown);
    code
}

impl Tables<'_> {
    fn row(&mut self, def: &Def) {
        let start = self.fields.len();
        for field in &def.fields {
            let packed = self.field(field);
            self.fields.push(packed);
        }
        let fields = (start, def.fields.len());
        let same = self.plan(|catalog| identity(def, catalog));
        let target = self.target(def);
        let mut row = Row {
            id: def.id,
            family: self.catalog.family(&def.name),
            result: self.result(def),
            fields,
            same,
            raise: same,
            lower: same,
            target: target.map_or(NONE, number),
            raise_bridge: NONE,
            lower_bridge: NONE,
        };
        if let Some(bridge) = self.rules.objects.get(&def.name) {
            row.raise_bridge = place(&mut self.objects, path(bridge, true));
            row.lower_bridge = place(&mut self.objects, path(bridge, false));
        } else if let Some(target) = target.map(|target| &self.defs[target])
            && target.id != def.id
        {
            let rules = self.rules;
            row.raise = self.plan(|catalog| rewrite(def, target, true, rules, catalog));
            row.lower = self.plan(|catalog| rewrite(target, def, false, rules, catalog));
            if def.function {
                self.answer(def, target, &mut row);
            }
        }
        self.rows.push(row);
    }

    /// The bridges of an answer whose type changed.
    fn answer(&mut self, old: &Def, new: &Def, row: &mut Row) {
        for (raising, place) in [(true, &mut row.raise_bridge), (false, &mut row.lower_bridge)] {
            match retyped(&old.result, &new.result, raising, self.rules) {
                Ok(None) => {}
                Ok(Some(path)) => *place = self.catalog.bridge(&path),
                Err(complaint) => self.catalog.complaints.push(format!("{}: {complaint}", old.name)),
            }
        }
    }

    fn plan(&mut self, make: impl FnOnce(&mut Catalog) -> Vec<u64>) -> usize {
        let start = self.steps.len();
        self.steps.extend(make(&mut self.catalog));
        start
    }

    /// The canonical version of the same name, or of the name it was renamed to.
    fn target(&self, def: &Def) -> Option<usize> {
        let name = self.rules.successors.get(&def.name).unwrap_or(&def.name);
        self.defs.iter().position(|other| other.name == *name && other.in_layer(self.canonical))
    }

    fn result(&self, def: &Def) -> u16 {
        // A function's own type is that of its answer, a vector perhaps; a constructor's is what it makes.
        self.catalog.code(&def.result)
    }

    fn field(&mut self, field: &Field) -> u64 {
        let name = self.names.number(&field.name);
        let flag =
            field.flag.map_or(ALWAYS, |flag| u8::try_from(flag.word * 32).unwrap_or(0) + byte(flag.bit));
        let word = if let Ty::Flags(word) = field.ty { u8::try_from(word).unwrap_or(0) } else { 0 };
        step(0, flag, word, 0, self.catalog.code(&field.ty), name)
    }

    fn code(mut self) -> String {
        let mut code = String::new();
        self.ids(&mut code);
        self.defs(&mut code);
        numbers(&mut code, "FIELDS", "u64", self.fields.iter().map(u64::to_string));
        numbers(&mut code, "STEPS", "u64", self.steps.iter().map(u64::to_string));
        self.families(&mut code);
        self.types(&mut code);
        self.bridges(&mut code);
        self.names.code(&mut code);
        code
    }

    fn ids(&self, code: &mut String) {
        let mut slots = vec![NONE; ID_SLOTS];
        for (place, def) in self.defs.iter().enumerate() {
            let mut slot = usize::try_from(def.id).unwrap_or(0) % ID_SLOTS;
            while slots[slot] != NONE {
                slot = (slot + 1) % ID_SLOTS;
            }
            slots[slot] = number(place);
        }
        numbers(code, "IDS", "u16", slots.iter().map(u16::to_string));
    }

    fn defs(&self, code: &mut String) {
        let _ = writeln!(code, "pub(crate) static DEFS: [Def; {}] = [", self.rows.len());
        for (row, def) in self.rows.iter().zip(self.defs) {
            let _ = writeln!(
                code,
                "Def::new(0x{:08x}, {}, [{}, {}, {}, {}, {}], [{}, {}, {}], [{}, {}]),",
                row.id,
                def.function,
                row.family,
                row.result,
                row.target,
                row.raise_bridge,
                row.lower_bridge,
                row.same,
                row.raise,
                row.lower,
                row.fields.0,
                row.fields.1,
            );
        }
        *code += "];\n";
    }

    /// Each family: its name, its stretches of layers, and the families that became it.
    fn families(&mut self, code: &mut String) {
        let mut stretches = Vec::new();
        let mut former = Vec::new();
        let mut rows = Vec::new();
        let families: Vec<String> = self.catalog.families().map(str::to_owned).collect();
        for family in &families {
            let first = stretches.len();
            let mut own: Vec<(u16, u16, usize)> = Vec::new();
            for (place, def) in self.defs.iter().enumerate().filter(|(_, def)| def.name == *family) {
                own.extend(def.layers.iter().map(|(from, to)| (*from, *to, place)));
            }
            own.sort_unstable();
            stretches.extend(
                own.iter().map(|(from, to, place)| step(0, 0, 0, 0, *from, *to) | u64::from(number(*place))),
            );
            let first_former = former.len();
            let olds = self.rules.successors.iter().filter(|(_, new)| *new == family);
            former.extend(olds.map(|(old, _)| self.catalog.family(old)));
            let name = self.names.number(family);
            rows.push([
                name,
                number(first),
                number(stretches.len() - first),
                number(first_former),
                number(former.len() - first_former),
            ]);
        }
        numbers(code, "STRETCHES", "u64", stretches.iter().map(u64::to_string));
        numbers(code, "FORMER", "u16", former.iter().map(u16::to_string));
        numbers(code, "FAMILIES", "[u16; 5]", rows.iter().map(|row| format!("{row:?}")));
    }

    /// Each type: its name, its families from the plainest on, and what stands for a value that cannot be expressed.
    fn types(&mut self, code: &mut String) {
        let mut by_type: BTreeMap<&str, BTreeMap<&str, &Def>> = BTreeMap::new();
        for def in self.defs {
            if let Some(ty) = def.made_type() {
                let newest = by_type.entry(ty).or_default().entry(&def.name).or_insert(def);
                if def.layers.last() > newest.layers.last() {
                    *newest = def;
                }
            }
        }
        let mut members = Vec::new();
        let mut rows = Vec::new();
        let types: Vec<String> = self.catalog.types().map(str::to_owned).collect();
        for ty in &types {
            let mut families: Vec<&Def> = by_type[ty.as_str()].values().copied().collect();
            families.sort_by_key(|def| crate::plain::rank(def));
            let first = members.len();
            members.extend(families.iter().map(|def| self.catalog.family(&def.name)));
            let instead = self.rules.instead.get(ty).map_or(NONE, |name| self.catalog.family(name));
            let name = self.names.number(ty);
            rows.push([name, number(first), number(members.len() - first), instead]);
        }
        numbers(code, "MEMBERS", "u16", members.iter().map(u16::to_string));
        numbers(code, "TYPES", "[u16; 4]", rows.iter().map(|row| format!("{row:?}")));
        for wanted in ["KeyboardButton", "KeyboardInlineButton", "Update"] {
            let place =
                types.iter().position(|ty| ty == wanted).unwrap_or_else(|| panic!("no type {wanted}"));
            let constant = crate::names::screaming(wanted);
            let _ = writeln!(code, "pub(crate) const {constant}: u16 = {};", kind::BOXED + number(place));
        }
    }

    fn bridges(&self, code: &mut String) {
        let paths = |paths: &[String]| {
            paths.iter().map(|path| format!("crate::layer::bridge::{path}")).collect::<Vec<_>>()
        };
        numbers(code, "BRIDGES", "crate::layer::bridge::Bridge", paths(&self.catalog.bridges).into_iter());
        numbers(code, "OBJECTS", "crate::layer::bridge::ObjectBridge", paths(&self.objects).into_iter());
    }
}

/// For each layer of the history, the layer whose versions it takes: its own, or the one before if it is unknown.
fn layers(code: &mut String, defs: &[Def], unknown: &[u16]) {
    let first = defs.iter().flat_map(|def| &def.layers).map(|(from, _)| *from).min().unwrap_or(0);
    let last = defs.iter().flat_map(|def| &def.layers).map(|(_, to)| *to).max().unwrap_or(0);
    let taken = (first..=last).map(|layer| {
        (first..=layer).rev().find(|known| !unknown.contains(known)).unwrap_or(layer).to_string()
    });
    let taken: Vec<String> = taken.collect();
    let _ = writeln!(code, "pub(crate) const FIRST_LAYER: u16 = {first};");
    numbers(code, "LAYERS", "u16", taken.into_iter());
}

fn place(list: &mut Vec<String>, path: String) -> u16 {
    let at = list.iter().position(|known| *known == path).unwrap_or_else(|| {
        list.push(path);
        list.len() - 1
    });
    number(at)
}

fn numbers(code: &mut String, name: &str, ty: &str, values: impl ExactSizeIterator<Item = String>) {
    let _ = writeln!(code, "pub(crate) static {name}: [{ty}; {}] = [", values.len());
    for value in values {
        let _ = write!(code, "{value},");
    }
    *code += "];\n";
}

fn byte(bit: u32) -> u8 {
    u8::try_from(bit).unwrap_or(ALWAYS)
}

/// The names of fields, types and families, each once.
#[derive(Default)]
struct Names {
    known: BTreeMap<String, u16>,
    text: String,
    spans: Vec<u32>,
}

impl Names {
    fn number(&mut self, name: &str) -> u16 {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        let at = number(self.spans.len());
        let start = u32::try_from(self.text.len()).unwrap_or(0);
        self.spans.push(start << 8 | u32::try_from(name.len()).unwrap_or(0));
        self.text += name;
        self.known.insert(name.to_owned(), at);
        at
    }

    fn code(&self, code: &mut String) {
        numbers(code, "NAMES", "u32", self.spans.iter().map(u32::to_string));
        let _ = writeln!(code, "pub(crate) static TEXT: &str = {:?};", self.text);
    }
}
