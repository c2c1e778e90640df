//! The schema as an attacker reads it: how to build calls that nest as deep, or hold vectors as long, as no client does.
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

/// All versions of everything, as committed.
const HISTORY: &str = include_str!("../../../tl/schema/api.tl");
const VECTOR: u32 = 0x1cb5_c415;

/// A field as the schema writes it.
struct Field {
    /// Without flag: `Vector<InputUser>`.
    ty: &'static str,
    /// The flags word and the bit that says whether it is there.
    flag: Option<(&'static str, u32)>,
    name: &'static str,
}

/// A constructor or a method.
pub(crate) struct Def {
    pub(crate) name: &'static str,
    pub(crate) id: u32,
    fields: Vec<Field>,
    result: &'static str,
}

/// What stands before and behind a hole.
#[derive(Clone, Default)]
pub(crate) struct Frame {
    pub(crate) before: Vec<u8>,
    pub(crate) behind: Vec<u8>,
}

impl Frame {
    /// This one, and in its hole another one.
    fn around(mut self, inner: &Self) -> Self {
        self.before.extend_from_slice(&inner.before);
        self.behind.splice(0..0, inner.behind.iter().copied());
        self
    }

    /// The bytes with the hole filled.
    pub(crate) fn filled(&self, hole: &[u8]) -> Vec<u8> {
        [&self.before, hole, &self.behind].concat()
    }
}

/// One layer.
pub(crate) struct Schema {
    pub(crate) methods: Vec<Def>,
    types: BTreeMap<&'static str, Vec<Def>>,
    /// The plainest value of each type.
    plain: HashMap<&'static str, Vec<u8>>,
}

/// A constructor that may hold itself, and how.
pub(crate) struct Cycle {
    /// Its name.
    pub(crate) name: &'static str,
    /// The call around the outermost one.
    pub(crate) call: Frame,
    /// Once around.
    pub(crate) turn: Frame,
    /// What ends it.
    pub(crate) leaf: Vec<u8>,
    /// Objects that one turn opens.
    pub(crate) objects: usize,
}

impl Cycle {
    /// The call with so many turns.
    pub(crate) fn nested(&self, turns: usize) -> Vec<u8> {
        let hole =
            [self.turn.before.repeat(turns), self.leaf.clone(), self.turn.behind.repeat(turns)].concat();
        self.call.filled(&hole)
    }
}

/// A vector that a call may hold.
pub(crate) struct Place {
    /// Of what.
    pub(crate) ty: &'static str,
    /// The call around it.
    pub(crate) call: Frame,
}

fn inner(ty: &str) -> Option<&str> {
    ty.strip_prefix("Vector<").and_then(|rest| rest.strip_suffix('>'))
}

/// The type of the objects in a field, whether it is a vector of them or one.
fn item(ty: &str) -> &str {
    inner(ty).unwrap_or(ty)
}

impl Schema {
    /// The schema of a layer.
    pub(crate) fn of(layer: u16) -> Self {
        let mut schema = Self { methods: Vec::new(), types: BTreeMap::new(), plain: HashMap::new() };
        let mut functions = false;
        for line in HISTORY.lines() {
            functions |= line == "[functions]";
            let Some(def) = parse(line, layer) else { continue };
            if functions {
                schema.methods.push(def);
            } else {
                schema.types.entry(def.result).or_default().push(def);
            }
        }
        while schema.learn() {}
        schema
    }

    /// Finds plain values of more types; whether there were any.
    fn learn(&mut self) -> bool {
        let unknown = self.types.iter().filter(|(ty, _)| !self.plain.contains_key(*ty));
        let fresh: Vec<_> = unknown
            .filter_map(|(ty, defs)| {
                let values = defs.iter().filter_map(|def| Some(self.frame(def, None)?.before));
                Some((*ty, values.min_by_key(Vec::len)?))
            })
            .collect();
        let learnt = !fresh.is_empty();
        self.plain.extend(fresh);
        learnt
    }

    fn plain(&self, ty: &str) -> Option<Vec<u8>> {
        if inner(ty).is_some() {
            return Some([VECTOR.to_le_bytes(), [0; 4]].concat());
        }
        Some(match ty {
            "true" => Vec::new(),
            "int" | "string" | "bytes" => vec![0; 4],
            "long" | "double" => vec![0; 8],
            "int128" => vec![0; 16],
            "int256" => vec![0; 32],
            "Bool" => 0xbc79_9737_u32.to_le_bytes().to_vec(),
            "!X" => 0xc4f9_186b_u32.to_le_bytes().to_vec(),
            _ => self.plain.get(ty)?.clone(),
        })
    }

    /// A constructor or method with plain fields around a hole in the place of one of them.
    fn frame(&self, def: &Def, hole: Option<usize>) -> Option<Frame> {
        let wanted = hole.and_then(|at| def.fields[at].flag);
        let mut frame = Frame { before: def.id.to_le_bytes().to_vec(), behind: Vec::new() };
        for (at, field) in def.fields.iter().enumerate() {
            let behind = hole.is_some_and(|hole| at > hole);
            let sink = if behind { &mut frame.behind } else { &mut frame.before };
            if field.ty == "#" {
                let bits = wanted.filter(|(word, _)| *word == field.name).map_or(0, |(_, bit)| 1 << bit);
                sink.extend_from_slice(&u32::to_le_bytes(bits));
            } else if hole == Some(at) {
                if inner(field.ty).is_some() {
                    sink.extend_from_slice(&VECTOR.to_le_bytes());
                    sink.extend_from_slice(&1_u32.to_le_bytes());
                }
            } else if field.flag.is_none() || field.flag == wanted {
                sink.extend_from_slice(&self.plain(field.ty)?);
            }
        }
        Some(frame)
    }

    /// The frames from a definition to each type that it can hold, by the shortest way.
    fn reach(&self, from: &Def) -> HashMap<&'static str, (Frame, usize)> {
        let mut reached: HashMap<&'static str, (Frame, usize)> = HashMap::new();
        let mut open = VecDeque::new();
        self.step(from, &Frame::default(), 0, &mut reached, &mut open);
        while let Some(ty) = open.pop_front() {
            let (frame, depth) = reached[ty].clone();
            for def in &self.types[ty] {
                self.step(def, &frame, depth, &mut reached, &mut open);
            }
        }
        reached
    }

    fn step(
        &self,
        def: &Def,
        around: &Frame,
        depth: usize,
        reached: &mut HashMap<&'static str, (Frame, usize)>,
        open: &mut VecDeque<&'static str>,
    ) {
        for (at, field) in def.fields.iter().enumerate() {
            let ty = item(field.ty);
            if self.types.contains_key(ty)
                && !reached.contains_key(ty)
                && let Some(frame) = self.frame(def, Some(at))
            {
                reached.insert(ty, (around.clone().around(&frame), depth + 1));
                open.push_back(ty);
            }
        }
    }

    /// Every way in which the arguments of a method may hold themselves.
    pub(crate) fn cycles(&self, method: &str) -> Vec<Cycle> {
        let Some(method) = self.methods.iter().find(|def| def.name == method) else { return Vec::new() };
        let mut cycles = Vec::new();
        for (ty, (call, _)) in self.reach(method) {
            let Some(leaf) = self.plain(ty) else { continue };
            for def in &self.types[ty] {
                if let Some((turn, objects)) = self.reach(def).remove(ty) {
                    cycles.push(Cycle {
                        name: def.name,
                        call: call.clone(),
                        turn,
                        leaf: leaf.clone(),
                        objects,
                    });
                }
            }
        }
        cycles.sort_by_key(|cycle| cycle.name);
        cycles
    }

    /// Every vector that the arguments of a method may hold, each by the shortest way.
    pub(crate) fn vectors(&self, method: &str) -> Vec<Place> {
        let Some(method) = self.methods.iter().find(|def| def.name == method) else { return Vec::new() };
        let mut places = Vec::new();
        let mut seen = HashSet::new();
        let mut holders = vec![(method, Frame::default())];
        for (ty, (frame, _)) in self.reach(method) {
            holders.extend(self.types[ty].iter().map(|def| (def, frame.clone())));
        }
        for (def, around) in holders {
            for (at, field) in def.fields.iter().enumerate() {
                if inner(field.ty).is_none() || !seen.insert((def.id, at)) {
                    continue;
                }
                let Some(mut frame) = self.frame(def, Some(at)) else { continue };
                // The hole is where the vector begins.
                frame.before.truncate(frame.before.len() - 8);
                places.push(Place { ty: field.ty, call: around.clone().around(&frame) });
            }
        }
        places
    }
}

fn parse(line: &'static str, layer: u16) -> Option<Def> {
    let (line, layers) = line.split_once(" | ").unwrap_or((line, ""));
    let is_in = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        (first.parse().unwrap_or(0_u16)..=last.parse().unwrap_or(0)).contains(&layer)
    };
    if !layers.is_empty() && !layers.split([' ', ',']).any(is_in) {
        return None;
    }
    let (left, result) = line.split_once(" = ")?;
    let mut words = left.split(' ');
    let (name, id) = words.next()?.split_once('#')?;
    let field = |word: &'static str| {
        let (name, ty) = word.split_once(':')?;
        let Some((flag, ty)) = ty.split_once('?') else { return Some(Field { ty, flag: None, name }) };
        let (word, bit) = flag.split_once('.')?;
        Some(Field { ty, flag: Some((word, bit.parse().ok()?)), name })
    };
    let fields = words.filter(|word| !word.starts_with('{')).map(field).collect::<Option<_>>()?;
    Some(Def { name, id: u32::from_str_radix(id, 16).ok()?, fields, result })
}

#[test]
fn calls_are_built_as_the_schema_says() {
    let schema = Schema::of(230);
    assert!(schema.methods.len() > 700 && schema.types.len() > 500);
    let names: Vec<&str> = schema.cycles("users.getUsers").iter().map(|cycle| cycle.name).collect();
    assert!(names.contains(&"inputPeerUserFromMessage"), "{names:?}");
    let get_users = schema.vectors("users.getUsers");
    assert_eq!(get_users[0].call.before, 0x0d91_a548_u32.to_le_bytes());
    assert_eq!(get_users[0].ty, "Vector<InputUser>");
}
