//! No large file in the history: nobody reads it, everybody downloads it for ever.

use crate::{finding::Finding, inventory::SCHEMA, tree::Tree};

const FILE_BYTES_MAX: usize = 256 << 10;
/// One input of a fuzz corpus; the point of an input is to be small.
const INPUT_BYTES_MAX: usize = 16 << 10;
/// All inputs together.
const CORPUS_BYTES_MAX: usize = 4 << 20;
const CORPUS: &str = "fuzz/corpus/";

/// Large by nature.
const EXCEPTIONS: [&str; 2] = [SCHEMA, "Cargo.lock"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut corpus_bytes = 0;
    for (path, bytes) in tree.sizes() {
        let bytes_max = if path.starts_with(CORPUS) { INPUT_BYTES_MAX } else { FILE_BYTES_MAX };
        if bytes > bytes_max && !EXCEPTIONS.contains(&path) {
            findings.push(Finding::new(
                path,
                1,
                format!("has {bytes} bytes; at most {bytes_max} are allowed"),
            ));
        }
        if path.starts_with(CORPUS) {
            corpus_bytes += bytes;
        }
    }
    if corpus_bytes > CORPUS_BYTES_MAX {
        let text = format!("has {corpus_bytes} bytes in all; at most {CORPUS_BYTES_MAX} are allowed");
        findings.push(Finding::new(CORPUS, 1, text));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{CORPUS_BYTES_MAX, FILE_BYTES_MAX, INPUT_BYTES_MAX, SCHEMA, check};
    use crate::tree::Tree;

    #[test]
    fn a_large_file_is_found() {
        let large = "x".repeat(FILE_BYTES_MAX + 1);
        assert_eq!(check(&Tree::of(&[("a.bin", &large), (SCHEMA, &large)])).len(), 1);
        assert!(check(&Tree::of(&[("a.bin", &large[1..])])).is_empty());
    }

    #[test]
    fn a_large_corpus_is_found() {
        let input = "x".repeat(INPUT_BYTES_MAX);
        let paths: Vec<String> =
            (0..=CORPUS_BYTES_MAX / INPUT_BYTES_MAX).map(|i| format!("fuzz/corpus/{i}")).collect();
        let files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), input.as_str())).collect();
        assert_eq!(check(&Tree::of(&files)).len(), 1);
        assert!(check(&Tree::of(&files[1..])).is_empty());
        assert_eq!(check(&Tree::of(&[("fuzz/corpus/a", &format!("{input}x"))])).len(), 1);
    }
}
