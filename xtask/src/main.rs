//! Development tasks: `cargo xtask tidy`, `cargo xtask where METHOD`.
fn main() {}
