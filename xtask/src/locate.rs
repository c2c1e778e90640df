//! `cargo xtask where messages.sendMessage`: all places that make up one method, in the form `path:line`.

use std::{
    collections::BTreeSet,
    error::Error,
    fmt::{self, Write as _},
    io::Write,
    process::ExitCode,
};

use crate::{
    functions::functions,
    inventory::{Inventory, SCHEMA, State, handler, test, wrapper},
    names::nearest,
    source::{self, Source},
    stubs,
    tree::Tree,
};

/// How many names are offered for one that does not exist.
const OFFERED: usize = 5;

/// Prints where the parts of `name` are.
pub(crate) fn command(tree: &Tree, name: &str, out: &mut dyn Write) -> Result<ExitCode, Box<dyn Error>> {
    let inventory = Inventory::read(tree)?;
    let mut text = String::new();
    let known = describe(tree, &inventory, name, &mut text)?;
    write!(out, "{text}")?;
    Ok(if known { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes the parts of `name`, or the nearest names if there is no such method.
fn describe(
    tree: &Tree,
    inventory: &Inventory<'_>,
    name: &str,
    out: &mut String,
) -> Result<bool, fmt::Error> {
    let methods = inventory.methods();
    if !methods.iter().any(|def| def.name == name) {
        if inventory.gone().contains(name) {
            writeln!(out, "{name} is gone; a call of an older layer gets {}", inventory.stubs.gone)?;
            schema_lines(tree, name, out)?;
            return Ok(true);
        }
        writeln!(out, "{name} is no method. Nearest:")?;
        for near in nearest(name, methods.iter().map(|def| def.name.as_str()), OFFERED) {
            writeln!(out, "  {near}")?;
        }
        return Ok(false);
    }
    let state = inventory.state(name);
    writeln!(out, "{name}: {}", state.map_or("nothing says what becomes of it", State::name))?;
    match state {
        Some(State::Implemented) => implemented(tree, name, out)?,
        Some(State::Wrapper) => writeln!(out, "wrapper  {}:1", wrapper(name))?,
        Some(State::Answer | State::Error) => {
            let stub = &inventory.stubs.lines[name];
            writeln!(out, "stub     {}:{}  {}", stubs::PATH, stub.line, stub.text)?;
        }
        None => {}
    }
    schema_lines(tree, name, out)?;
    Ok(true)
}

fn implemented(tree: &Tree, name: &str, out: &mut String) -> fmt::Result {
    let (sources, _) = source::parse(tree);
    let path = handler(name);
    let Some(source) = sources.iter().find(|source| source.path == path) else { return Ok(()) };
    let line = source.text.lines().position(|line| line.starts_with("impl Method for"));
    writeln!(out, "handler  {path}:{}", line.map_or(1, |index| index + 1))?;
    if tree.contains(&test(name)) {
        writeln!(out, "test     {}:1", test(name))?;
    }
    for (label, crate_name) in [("domain", "domain"), ("view", "views")] {
        for called in calls(source, crate_name) {
            let place = definition(&sources, &called).map(|place| format!("  {place}")).unwrap_or_default();
            writeln!(out, "{label:<8} {}{place}", called.join("::"))?;
        }
    }
    Ok(())
}

/// The functions of `crate_name` that a handler names.
fn calls(source: &Source<'_>, crate_name: &str) -> BTreeSet<Vec<String>> {
    let starts_small = |name: &String| name.starts_with(|c: char| c.is_ascii_lowercase());
    let functions = source
        .paths()
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| path.len() > 1 && path[0] == crate_name && path.last().is_some_and(starts_small));
    let functions: BTreeSet<Vec<String>> = functions.collect();
    // A module that was only imported is a prefix of what is called in it.
    let is_prefix = |path: &Vec<String>| {
        functions.iter().any(|other| other.len() > path.len() && other.starts_with(path))
    };
    functions.iter().filter(|path| !is_prefix(path)).cloned().collect()
}

/// Where the function at the end of a path is defined: the file that shares most of the path's words.
fn definition(sources: &[Source<'_>], path: &[String]) -> Option<String> {
    let (crate_name, function) = (path.first()?, path.last()?);
    let folder = format!("crates/{crate_name}/src/");
    // `Type::function` is sought in the type's own `impl`.
    let owner = path.iter().rev().nth(1).filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase()));
    let name = owner.map_or_else(|| function.clone(), |owner| format!("{owner}::{function}"));
    let mut best: Option<(usize, String)> = None;
    for source in sources.iter().filter(|source| source.path.starts_with(&folder)) {
        let words: Vec<&str> = source.path.trim_end_matches(".rs").split('/').skip(3).collect();
        let shared = path[1..].iter().filter(|word| words.contains(&word.as_str())).count();
        let defined = functions(&source.file).into_iter().find(|function| function.name == name);
        if let Some(function) = defined.filter(|_| best.as_ref().is_none_or(|(score, _)| shared > *score)) {
            best = Some((shared, format!("{}:{}", source.path, function.first)));
        }
    }
    best.map(|(_, place)| place)
}

/// The newest version of a method in the schema, and in which layers the older ones stand.
fn schema_lines(tree: &Tree, name: &str, out: &mut String) -> fmt::Result {
    let start = format!("{name}#");
    let lines = tree.text(SCHEMA).unwrap_or_default().lines().enumerate();
    let mut versions: Vec<(usize, &str)> = lines.filter(|(_, line)| line.starts_with(&start)).collect();
    if let Some((index, line)) = versions.pop() {
        writeln!(out, "schema   {SCHEMA}:{}  {line}", index + 1)?;
    }
    for (index, line) in versions {
        let id = line.split(' ').next().unwrap_or(line);
        let layers = line.rsplit_once(" | ").map_or("", |(_, layers)| layers);
        writeln!(out, "older    {SCHEMA}:{}  {id}, layers {layers}", index + 1)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::describe;
    use crate::inventory::{Inventory, sample};

    fn described(name: &str) -> (bool, String) {
        let handler = "//! b.doIt: does it.\nuse domain::{Name, things};\nuse views::thing;\n\n\
            impl Method for tl::b::DoIt {\n    fn call(self) { thing::of(&things::make(tx, Name::parse(s))) }\n}\n";
        let tree = sample::tree(&[
            ("crates/api/src/b/do_it.rs", handler),
            (
                "crates/domain/src/name.rs",
                "impl Other {\n    pub fn parse() {}\n}\nimpl Name { pub fn parse() {} }\n",
            ),
            ("crates/domain/src/other/make.rs", "pub fn make() {}\n"),
            ("crates/domain/src/things/make.rs", "//! Makes.\n\npub fn make(tx: &mut Tx<'_>) {}\n"),
            ("crates/views/src/thing.rs", "pub fn of(thing: &Thing) {}\n"),
        ]);
        let mut text = String::new();
        let known = describe(&tree, &Inventory::read(&tree).unwrap(), name, &mut text).unwrap();
        (known, text)
    }

    #[test]
    fn all_parts_of_a_method_are_found() {
        let expected = "b.doIt: implemented\n\
            handler  crates/api/src/b/do_it.rs:5\n\
            test     crates/api/tests/b/do_it.rs:1\n\
            domain   domain::Name::parse  crates/domain/src/name.rs:4\n\
            domain   domain::things::make  crates/domain/src/things/make.rs:3\n\
            view     views::thing::of  crates/views/src/thing.rs:1\n\
            schema   crates/tl/schema/api.tl:14  b.doIt#00000016 id:int = Item\n";
        assert_eq!(described("b.doIt"), (true, expected.to_owned()));
    }

    #[test]
    fn a_stub_shows_its_line() {
        let (known, text) = described("a.setOn");
        assert!(known && text.contains("crates/api/stubs.toml:7  \"400 INPUT_METHOD_INVALID\""), "{text}");
        assert!(described("wrapIt").1.contains("crates/mtproto/src/wrapper/wrap_it.rs:1"));
        assert!(described("a.oldOne").1.contains("gone"));
    }

    #[test]
    fn an_unknown_name_offers_the_nearest() {
        let (known, text) = described("b.doThis");
        assert!(!known);
        assert_eq!(text.lines().nth(1), Some("  b.doIt"));
    }
}
