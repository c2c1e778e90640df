//! Names the typed methods for F1: the list that `tl` is generated from, as Rust paths.
//!
//! Source: `crates/tl/typed.txt`.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

const LIST: &str = "../crates/tl/typed.txt";

fn main() {
    println!("cargo::rerun-if-changed={LIST}");
    let list = fs::read_to_string(LIST).expect("the list of typed methods");
    // Wrappers take any bytes for a query, so nothing can be said of what they accept; all others have a namespace.
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    let names = lines.filter_map(|line| line.trim().split_once('.'));
    let mut code = String::from("[\n");
    for (namespace, method) in names {
        let (first, rest) = method.split_at(1);
        writeln!(code, "    Typed::of::<tl::{namespace}::{}{rest}>(),", first.to_uppercase())
            .expect("it grows");
    }
    code.push_str("]\n");
    let out = env::var_os("OUT_DIR").expect("cargo names the folder");
    fs::write(Path::new(&out).join("typed_methods.rs"), code).expect("the folder takes files");
}
