//! Generated documents say what the code says today.

use crate::{codegen, finding::Finding, inventory::Inventory, tree::Tree};

pub(super) fn check(tree: &Tree, inventory: &Inventory<'_>) -> Vec<Finding> {
    let stale =
        codegen::documents(tree, inventory).into_iter().filter(|(path, text)| tree.text(path) != Some(text));
    stale.map(|(path, _)| Finding::new(path, 1, "is out of date; run `cargo xtask codegen`")).collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::{
        codegen,
        inventory::{Inventory, sample},
    };

    #[test]
    fn a_stale_document_is_found() {
        let tree = sample::tree(&[]);
        let inventory = Inventory::read(&tree).unwrap();
        let documents = codegen::documents(&tree, &inventory);
        assert_eq!(check(&tree, &inventory).len(), documents.len());

        let fresh: Vec<(&str, &str)> = documents.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let tree = sample::tree(&fresh);
        assert!(check(&tree, &Inventory::read(&tree).unwrap()).is_empty());
    }
}
