//! Documents that are written from the code: docs/methods.md, the list of all methods and of what becomes of each, and
//! docs/limits.md, the limits that people meet.

use std::{
    collections::BTreeMap,
    error::Error,
    fmt::{self, Write as _},
    fs,
    io::Write,
    process::ExitCode,
};

use crate::{
    finding::Finding,
    inventory::{Inventory, State, handler, wrapper},
    limits,
    names::folder,
    schema::Def,
    tree::Tree,
};

const METHODS: &str = "docs/methods.md";
const LIMITS: &str = "docs/limits.md";
const STATES: [State; 4] = [State::Implemented, State::Wrapper, State::Answer, State::Error];

const HEAD: &str = "# Methods

Every method of the API and what becomes of a call to it. Written by `cargo xtask codegen`; do not edit.
";

/// Writes the documents.
pub(crate) fn command(tree: &Tree, out: &mut dyn Write) -> Result<ExitCode, Box<dyn Error>> {
    for (path, text) in documents(tree, &Inventory::read(tree)?) {
        let file = tree.root().join(path);
        fs::create_dir_all(file.parent().unwrap_or(tree.root()))?;
        fs::write(file, text)?;
        writeln!(out, "{path}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Says which documents are out of date.
pub(crate) fn check_command(tree: &Tree, out: &mut dyn Write) -> Result<ExitCode, Box<dyn Error>> {
    let findings: Vec<Finding> = crate::tidy::stale(tree, &Inventory::read(tree)?);
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Path and text of every generated document.
pub(crate) fn documents(tree: &Tree, inventory: &Inventory<'_>) -> Vec<(&'static str, String)> {
    let mut text = String::new();
    // A String takes whatever is written to it.
    let _infallible = methods(inventory, &mut text);
    vec![(METHODS, text), (LIMITS, limits::document(tree))]
}

fn methods(inventory: &Inventory<'_>, out: &mut String) -> fmt::Result {
    let methods = inventory.methods();
    let mut namespaces: BTreeMap<&str, Vec<(&Def, State)>> = BTreeMap::new();
    for method in &methods {
        // A method without a state is refused by `tidy`; here it is an error, as the server would answer.
        let state = inventory.state(&method.name).unwrap_or(State::Error);
        namespaces.entry(folder(&method.name)).or_default().push((method, state));
    }
    writeln!(out, "{HEAD}")?;
    let (oldest, canonical) = (inventory.layers.oldest, inventory.layers.canonical);
    writeln!(
        out,
        "Layers {oldest} to {canonical} are served. This list is of layer {canonical}, the typed one;"
    )?;
    writeln!(
        out,
        "calls of older layers are rewritten into it by table, and a newer client is served {canonical}.\n"
    )?;
    summary(&namespaces, out)?;
    for (namespace, methods) in &namespaces {
        writeln!(out, "\n## {namespace}\n\n| method | state | answer or place |\n|---|---|---|")?;
        for (method, state) in methods {
            let place = place(inventory, &method.name, *state);
            writeln!(out, "| {} | {} | {place} |", method.name, state.name())?;
        }
    }
    let gone = inventory.gone();
    writeln!(out, "\n## Names of older layers\n")?;
    writeln!(
        out,
        "{} methods are gone in layer {canonical}. They answer `{}`:\n",
        gone.len(),
        inventory.stubs.gone
    )?;
    gone.iter().try_for_each(|name| writeln!(out, "- {name}"))
}

fn summary(namespaces: &BTreeMap<&str, Vec<(&Def, State)>>, out: &mut String) -> fmt::Result {
    let count = |methods: &[(&Def, State)], state| methods.iter().filter(|(_, one)| *one == state).count();
    let all: Vec<(&Def, State)> = namespaces.values().flatten().copied().collect();
    writeln!(out, "| state | methods | a call |\n|---|---|---|")?;
    for state in STATES {
        writeln!(out, "| {} | {} | {} |", state.name(), count(&all, state), state.meaning())?;
    }
    writeln!(out, "| all | {} | |\n", all.len())?;
    writeln!(out, "| namespace | implemented | wrapper | empty | error | all |\n|---|---|---|---|---|---|")?;
    for (namespace, methods) in namespaces {
        let counts = STATES.map(|state| count(methods, state).to_string());
        writeln!(out, "| [{namespace}](#{namespace}) | {} | {} |", counts.join(" | "), methods.len())?;
    }
    Ok(())
}

/// What stands in the last column: where the method is, or its answer.
fn place(inventory: &Inventory<'_>, name: &str, state: State) -> String {
    match state {
        State::Implemented => format!("`{}`", handler(name)),
        State::Wrapper => format!("`{}`", wrapper(name)),
        State::Answer | State::Error => {
            let text = inventory.stubs.lines.get(name).map_or("", |stub| stub.text);
            format!("`{}`", text.trim_matches('"'))
        }
    }
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Implemented => "implemented",
            Self::Wrapper => "wrapper",
            Self::Answer => "empty",
            Self::Error => "error",
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Self::Implemented => "does what it says",
            Self::Wrapper => "is peeled off the call inside it",
            Self::Answer => {
                "gets an answer that is true of every account here: an empty list, a setting at its default"
            }
            Self::Error => "is refused, for good",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{METHODS, documents};
    use crate::{
        inventory::{Inventory, sample},
        names::ROOT,
    };

    #[test]
    fn every_method_stands_in_the_list_once() {
        let tree = sample::tree(&[]);
        let inventory = Inventory::read(&tree).unwrap();
        let documents = documents(&tree, &inventory);
        let (path, text) = &documents[0];
        assert_eq!(*path, METHODS);
        for row in [
            "| all | 6 | |",
            "| [a](#a) | 0 | 0 | 3 | 1 | 4 |",
            "| b.doIt | implemented | `crates/api/src/b/do_it.rs` |",
            "| wrapIt | wrapper | `crates/mtproto/src/wrapper/wrap_it.rs` |",
            "| a.getList | empty | `{ _ = \"a.list\" }` |",
            "| a.setOn | error | `400 INPUT_METHOD_INVALID` |",
            "- a.oldOne",
        ] {
            assert_eq!(text.lines().filter(|line| *line == row).count(), 1, "{row}\n{text}");
        }
        assert!(text.contains(&format!("## {ROOT}\n")));
    }
}
