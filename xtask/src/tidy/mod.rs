//! `cargo xtask tidy`, which `cargo test` runs too. One file for each rule; each shows in a test that it can fail.

mod blobs;
mod dependencies;
mod doors;
mod floors;
mod generated;
mod headers;
mod licences;
mod links;
mod manifests;
mod methods;
mod orphans;
mod purity;
mod size;
mod strictness;
mod stubs;
mod unsafety;
mod words;

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use crate::{finding::Finding, inventory::Inventory, packages::Packages, source, tree::Tree};

/// Prints what is not in order.
pub(crate) fn command(tree: &Tree, out: &mut dyn Write) -> Result<ExitCode, Box<dyn Error>> {
    let findings = check(tree, &Packages::load(tree.root())?);
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    Ok(verdict(findings.len(), out)?)
}

fn verdict(count: usize, out: &mut dyn Write) -> io::Result<ExitCode> {
    if count == 0 {
        writeln!(out, "tidy")?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "{count} not in order")?;
    Ok(ExitCode::FAILURE)
}

/// Generated documents that are out of date.
pub(crate) fn stale(tree: &Tree, inventory: &Inventory<'_>) -> Vec<Finding> {
    generated::check(tree, inventory)
}

/// All rules on all files.
fn check(tree: &Tree, packages: &Packages) -> Vec<Finding> {
    let (sources, mut findings) = source::parse(tree);
    findings.extend(blobs::check(tree));
    findings.extend(dependencies::check(tree));
    findings.extend(doors::check(&sources));
    findings.extend(floors::check(tree, packages));
    findings.extend(headers::check(&sources));
    findings.extend(licences::check(tree, packages));
    findings.extend(links::check(tree));
    findings.extend(manifests::check(tree));
    findings.extend(orphans::check(tree));
    findings.extend(purity::check(tree, &sources));
    findings.extend(size::check(tree, &sources));
    findings.extend(strictness::check(tree, &sources));
    findings.extend(unsafety::check(&sources));
    findings.extend(words::check(tree, &sources));
    match Inventory::read(tree) {
        Ok(inventory) => {
            findings.extend(methods::check(tree, &inventory, &sources));
            findings.extend(stubs::check(&inventory));
            findings.extend(generated::check(tree, &inventory));
        }
        Err(error) => findings.push(Finding::new(crate::stubs::PATH, 1, error)),
    }
    findings.sort();
    findings
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::{packages::Packages, tree::Tree};

    #[test]
    fn the_project_is_tidy() {
        let tree = Tree::load().unwrap();
        let packages = Packages::load(tree.root()).unwrap();
        let findings: Vec<String> = check(&tree, &packages).iter().map(ToString::to_string).collect();
        assert!(findings.is_empty(), "{} not in order:\n{}", findings.len(), findings.join("\n"));
    }
}
