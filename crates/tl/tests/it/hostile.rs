//! Bytes that mean harm: depth (A9), counts (A10), garbage. Documented errors, bounded work, no panic.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::thread;

use ids::Layer;
use tl::layer::{self, LayerError};
use tl::{Decode, DecodeError, schema};

use crate::dice::{dice, times, with_maker};
use crate::history::{CANONICAL, Def, HISTORY};

const LAYER: u16 = 230;

include!(concat!(env!("OUT_DIR"), "/typed_list.rs"));

type Check = fn(&[u8]) -> Result<(), DecodeError>;

/// The typed decoders by the name of their type or method.
fn decoders() -> HashMap<&'static str, Check> {
    let mut all: HashMap<&'static str, Check> = HashMap::new();
    macro_rules! add {
        ($name:literal, $ours:ty, $theirs:ty) => {
            all.insert($name, |bytes| <$ours>::from_bytes(bytes).map(drop));
        };
    }
    typed_types!(add);
    typed_methods!(add);
    all
}

/// How to go from a constructor into one of its fields: the constructor and the place of the field.
type Step<'a> = (&'a Def, usize);

/// The type of a field without flag and vector, and whether it is a vector.
fn inner(ty: &str) -> (&str, bool) {
    let ty = ty.split_once('?').map_or(ty, |(_, ty)| ty);
    let item = ty.strip_prefix("Vector<").and_then(|rest| rest.strip_suffix('>'));
    (item.unwrap_or(ty), item.is_some())
}

/// One layer's constructors as a graph.
struct Graph<'a> {
    by_type: BTreeMap<&'a str, Vec<&'a Def>>,
    plain: HashMap<&'a str, Vec<u8>>,
}

impl<'a> Graph<'a> {
    fn of(defs: &HashMap<u32, &'a Def>) -> Self {
        let mut by_type: BTreeMap<&str, Vec<&Def>> = BTreeMap::new();
        for def in defs.values().filter(|def| !def.function && def.result != "Bool") {
            by_type.entry(&def.result).or_default().push(def);
        }
        let mut graph = Self { by_type, plain: HashMap::new() };
        loop {
            let ready: Vec<(&str, Vec<u8>)> = graph
                .by_type
                .iter()
                .filter(|(ty, _)| !graph.plain.contains_key(*ty))
                .filter_map(|(ty, defs)| Some((*ty, defs.iter().find_map(|def| graph.around(def, None))?.0)))
                .collect();
            if ready.is_empty() {
                return graph;
            }
            graph.plain.extend(ready);
        }
    }

    fn plain(&self, ty: &str) -> Option<Vec<u8>> {
        match inner(ty) {
            (_, true) => Some([0x15, 0xc4, 0xb5, 0x1c, 0, 0, 0, 0].to_vec()),
            ("true", _) => Some(Vec::new()),
            ("int" | "string" | "bytes", _) => Some(vec![0; 4]),
            ("long" | "double", _) => Some(vec![0; 8]),
            ("int128", _) => Some(vec![0; 16]),
            ("int256", _) => Some(vec![0; 32]),
            ("Bool", _) => Some(0xbc79_9737_u32.to_le_bytes().to_vec()),
            (ty, _) => self.plain.get(ty).cloned(),
        }
    }

    /// The bytes of `def` before and after the field at `place`, all else plain; all of it before if there is no place.
    fn around(&self, def: &Def, place: Option<usize>) -> Option<(Vec<u8>, Vec<u8>)> {
        let wanted = place.and_then(|place| def.fields[place].1.split_once('?')).map(|(flag, _)| flag);
        let (mut before, mut after) = (def.id.to_le_bytes().to_vec(), Vec::new());
        let mut passed = false;
        for (at, (name, ty)) in def.fields.iter().enumerate() {
            let out = if passed { &mut after } else { &mut before };
            if Some(at) == place {
                if inner(ty).1 {
                    out.extend([0x15, 0xc4, 0xb5, 0x1c, 1, 0, 0, 0]);
                }
                passed = true;
            } else if ty == "#" {
                let bit = wanted.and_then(|flag| flag.split_once('.')).filter(|(word, _)| word == name);
                let word = bit.map_or(0, |(_, bit)| 1_u32 << bit.parse::<u32>().unwrap());
                out.extend(word.to_le_bytes());
            } else if !ty.contains('?') || ty.split_once('?').map(|(flag, _)| flag) == wanted {
                out.extend(self.plain(ty)?);
            }
        }
        Some((before, after))
    }

    /// The shortest way from a value of type `from` to a value of type `to` inside it.
    fn way(&self, from: &'a str, to: &str) -> Option<Vec<Step<'a>>> {
        let mut open = VecDeque::from([(from, Vec::new())]);
        let mut seen = vec![from];
        while let Some((ty, way)) = open.pop_front() {
            if ty == to {
                return Some(way);
            }
            for def in self.by_type.get(ty).into_iter().flatten() {
                for (place, (_, field)) in def.fields.iter().enumerate() {
                    let next = inner(field).0;
                    if self.by_type.contains_key(next) && !seen.contains(&next) {
                        seen.push(next);
                        open.push_back((next, [&way[..], &[(*def, place)]].concat()));
                    }
                }
            }
        }
        None
    }

    /// Every field through which a constructor can hold itself, with the bytes before and after one turn of the circle.
    fn circles(&self) -> Vec<(&'a Def, Vec<u8>, Vec<u8>)> {
        let mut circles = Vec::new();
        for def in self.by_type.values().flatten() {
            for (place, (_, field)) in def.fields.iter().enumerate() {
                let Some((next, _)) = self.by_type.get_key_value(inner(field).0) else { continue };
                let Some(way) = self.way(next, &def.result) else { continue };
                let (mut before, mut after) = (Vec::new(), Vec::new());
                for (step, place) in [(*def, place)].into_iter().chain(way) {
                    let (head, tail) = self.around(step, Some(place)).unwrap();
                    before.extend(head);
                    after.splice(0..0, tail);
                }
                circles.push((*def, before, after));
            }
        }
        circles
    }
}

/// A value of `def`'s type that turns `depth` times in the circle.
fn nested(graph: &Graph<'_>, circle: &(&Def, Vec<u8>, Vec<u8>), depth: usize) -> Vec<u8> {
    let (def, before, after) = circle;
    let mut bytes = before.repeat(depth);
    bytes.extend(&graph.plain[def.result.as_str()]);
    bytes.extend(after.repeat(depth));
    bytes
}

/// Runs on a stack of 64 KiB: a decoder that recursed as deep as its input would overflow it.
fn on_small_stack(work: impl FnOnce() + Send) {
    thread::scope(|scope| {
        thread::Builder::new().stack_size(64 << 10).spawn_scoped(scope, work).unwrap().join().unwrap();
    });
}

const DEPTHS: [usize; 7] = [1, 2, 5, 15, 17, 1_000, 1_000_000];

/// A9: every constructor that can hold itself, as deep as one likes.
#[test]
fn a9_depth_is_counted_in_typed_decoders_and_on_the_way_down() {
    let graph = Graph::of(&CANONICAL);
    let circles = graph.circles();
    assert!(circles.len() > 50, "{}", circles.len());
    let decoders = decoders();
    let mut typed = 0;
    for circle in &circles {
        for depth in DEPTHS {
            let bytes = nested(&graph, circle, depth);
            on_small_stack(|| {
                let mut out = Vec::new();
                let done = layer::lower(&bytes, Layer(143 + (depth % 87) as u16), &mut out);
                check(circle.0, depth, done.err());
            });
            let Some(decode) = decoders.get(circle.0.result.as_str()) else { continue };
            typed += 1;
            on_small_stack(|| check(circle.0, depth, decode(&bytes).err().map(LayerError::Malformed)));
        }
    }
    assert!(typed > 100, "{typed}");
}

/// A9 for what clients of old layers send.
#[test]
fn a9_depth_is_counted_on_the_way_up() {
    for layer in [143, 158, 198] {
        let graph = Graph::of(&HISTORY.at(layer));
        for circle in graph.circles() {
            for depth in DEPTHS {
                let bytes = nested(&graph, &circle, depth);
                on_small_stack(|| {
                    let done = layer::raise(&bytes, Layer(layer), &mut Vec::new());
                    check(circle.0, depth, done.err());
                });
            }
        }
    }
}

/// Values that nest within the limit are taken, deeper ones refused for their depth and for nothing else.
fn check(def: &Def, depth: usize, error: Option<LayerError>) {
    let too_deep = error == Some(LayerError::Malformed(DecodeError::TooDeep));
    let may_be_fine = depth <= ids::limits::TL_DEPTH_MAX;
    let fine = error.is_none() || matches!(error, Some(LayerError::NoForm { .. }));
    assert!(too_deep || (may_be_fine && fine), "{} at {depth}: {error:?}", def.name);
}

/// Random canonical objects of typed types and calls of typed methods, with their decoders.
fn typed_samples() -> Vec<(&'static str, Check, Vec<u8>)> {
    let decoders = decoders();
    let mut samples = Vec::new();
    for def in CANONICAL.values() {
        let key = if def.function { def.name.as_str() } else { def.result.as_str() };
        let Some((name, decode)) = decoders.get_key_value(key) else { continue };
        let version = schema::by_id(def.id).unwrap();
        for round in 0..2 * times() {
            let bytes = with_maker(LAYER, u64::from(def.id) ^ round << 33, |maker| maker.object(version));
            samples.push((*name, *decode, bytes));
        }
    }
    samples
}

/// A10: a count that the bytes cannot hold is refused wherever it stands.
#[test]
fn a10_no_vector_is_believed() {
    let mut vectors = 0;
    for (name, decode, bytes) in typed_samples() {
        let places = bytes.chunks_exact(4).enumerate().filter(|(_, word)| **word == [0x15, 0xc4, 0xb5, 0x1c]);
        for (place, _) in places {
            let count = place * 4 + 4;
            if count + 4 > bytes.len() {
                continue;
            }
            let left = u32::try_from(bytes.len() - count - 4).unwrap();
            for announced in [u32::MAX, 0x7fff_ffff, left / 4 + 1] {
                let mut hostile = bytes.clone();
                hostile[count..count + 4].copy_from_slice(&announced.to_le_bytes());
                // The id of a vector may also stand by chance inside a text; then nothing is wrong with it.
                let refused = decode(&hostile);
                let lowered = layer::lower(&hostile, Layer(158), &mut Vec::new());
                let expected = |error: DecodeError| error == DecodeError::VectorTooLong { announced };
                assert!(refused.is_err_and(expected), "{name}");
                assert!(matches!(lowered, Err(LayerError::Malformed(error)) if expected(error)), "{name}");
                vectors += 1;
            }
        }
    }
    assert!(vectors > 1000, "{vectors}");
}

/// A10: what typed code would refuse for its length is not even raised.
#[test]
fn a10_no_vector_is_longer_than_the_limit() {
    let call = |items: usize| {
        let ids = "inputUserSelf ".repeat(items);
        crate::notation::bytes(158, "", &format!("users.getUsers{{id:[{ids}]}}"))
    };
    let most = ids::limits::VECTOR_ITEMS_MAX;
    let mut out = Vec::new();
    layer::raise_request(&call(most), Layer(158), &mut out).unwrap();
    assert!(tl::users::GetUsers::from_bytes(&out).is_ok());
    let announced = u32::try_from(most + 1).unwrap();
    let refused = layer::raise_request(&call(most + 1), Layer(158), &mut out);
    assert_eq!(refused, Err(LayerError::Malformed(DecodeError::VectorTooLong { announced })));
    let typed = tl::users::GetUsers::from_bytes(&call(most + 1)).err();
    assert_eq!(typed, Some(DecodeError::VectorTooLong { announced }));
}

/// Every prefix of an object is refused, whoever reads it.
#[test]
fn what_ends_early_is_refused() {
    for (name, decode, bytes) in typed_samples() {
        for end in (0..bytes.len()).step_by(1 + bytes.len() / 20) {
            assert!(decode(&bytes[..end]).is_err(), "{name} of {end} bytes");
            let mut out = vec![1, 2, 3];
            let lowered = layer::lower(&bytes[..end], Layer(158), &mut out);
            assert!(matches!(lowered, Err(LayerError::Malformed(_))), "{name} of {end} bytes: {lowered:?}");
            assert_eq!(out, [1, 2, 3], "what was written is taken back");
        }
        let longer = [&bytes[..], &[0; 4]].concat();
        assert_eq!(decode(&longer), Err(DecodeError::TrailingBytes { left_bytes: 4 }), "{name}");
    }
}

/// Garbage of every kind: no panic, and no output that its input does not pay for.
#[test]
fn garbage_is_survived() {
    let mut chance = dice(7);
    let layers = HISTORY.layers();
    for (_, decode, bytes) in typed_samples() {
        for _ in 0..6 * times() {
            let mut bytes = bytes.clone();
            for _ in 0..1 + chance() % 4 {
                let at = usize::try_from(chance()).unwrap_or_default() % bytes.len();
                bytes[at] = chance().to_le_bytes()[0];
            }
            let layer = Layer(layers[usize::try_from(chance() % 73).unwrap()]);
            // Whatever these answer is right, as long as they answer.
            let _ = decode(&bytes);
            let mut out = Vec::new();
            let _ = layer::lower(&bytes, layer, &mut out);
            let _ = layer::raise(&bytes, layer, &mut out);
            let _ = layer::raise_request(&bytes, layer, &mut out);
            assert!(out.len() <= 64 * bytes.len(), "{} of {}", out.len(), bytes.len());
        }
    }
}
