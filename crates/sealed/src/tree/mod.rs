//! The erasure tree: a GGM tree of height 64 over record numbers. Source: docs/keys.md 5.
