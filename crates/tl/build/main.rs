//! Turns the schema into code and tables at build time.
//!
//! Rust code is made only for what the methods of `typed.txt` reach and for the service layer.

mod body;
mod catalog;
mod names;
mod ops;
mod pairing;
mod plain;
mod plan;
mod reach;
mod rules;
mod schema;
mod shape;
mod tables;
mod typed;

use std::path::Path;
use std::{env, fs};

use ids::limits::LAYER_CANONICAL;
use reach::reach;
use schema::Def;

/// Fields of a variant beyond this many bytes go behind a box, so that an enum takes 48 bytes at most.
const API_INLINE_BYTES_MAX: usize = 40;
/// Service messages are few and never stored; all their fields stand inline.
const SERVICE_INLINE_BYTES_MAX: usize = 256;
/// Types that get code whether a typed method reaches them or not: what a server may send unasked.
const ROOTS: [&str; 2] = ["Update", "Updates"];

fn main() {
    let inputs = ["build", "schema", "typed.txt"];
    #[allow(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]
    for input in inputs {
        println!("cargo::rerun-if-changed={input}");
    }
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    let out = Path::new(&out);

    let service = schema::parse(&read("schema/mtproto.tl"));
    let service: Vec<&Def> = service.iter().collect();
    let functions = service.iter().copied().filter(|def| def.function).collect();
    let all: Vec<String> = service.iter().filter_map(|def| def.result.mention().map(str::to_owned)).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let code = typed::emit("crate::mt", &reach(&service, functions, &all), SERVICE_INLINE_BYTES_MAX);
    write(&out.join("mt.rs"), &code);

    let text = read("schema/api.tl");
    let history = schema::parse(&text);
    let canonical: Vec<&Def> = history.iter().filter(|def| def.in_layer(LAYER_CANONICAL)).collect();
    let functions = typed_functions(&canonical);
    let picture = reach(&canonical, functions, &ROOTS);
    write(&out.join("api.rs"), &typed::emit("crate", &picture, API_INLINE_BYTES_MAX));
    write(&out.join("typed_list.rs"), &typed::list(&picture));

    let rules = rules::parse(&read("schema/rules.txt"));
    write(
        &out.join("tables.rs"),
        &tables::emit(&history, &rules, &schema::unknown_layers(&text), LAYER_CANONICAL),
    );
}

/// The functions that `typed.txt` lists.
fn typed_functions<'a>(canonical: &[&'a Def]) -> Vec<&'a Def> {
    let list = read("typed.txt");
    let names = list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let find = |name: &str| canonical.iter().find(|def| def.function && def.name == name).copied();
    names.map(|name| find(name).unwrap_or_else(|| panic!("typed.txt: no method {name}"))).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn write(path: &Path, code: &str) {
    fs::write(path, code).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
