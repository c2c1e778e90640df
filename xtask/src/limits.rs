//! The limits that people meet, read from `crates/ids/src/limits.rs`: those whose comment names where they come from.
//!
//! `(docs: ...)` at the end of a sentence names the public documents, `(ours: ...)` says why it is our own.
use std::fmt::{self, Write as _};

use syn::{BinOp, Expr, ExprBinary, ExprLit, Item, ItemConst, Lit, Meta};

use crate::tree::Tree;

const SOURCE: &str = "crates/ids/src/limits.rs";
const MARKS: [(&str, &str); 2] = [("(docs: ", "docs"), ("(ours: ", "ours")];
/// Parts of names, and the units that they stand for.
const UNITS: [(&str, &str); 6] = [
    ("BYTES", "bytes"),
    ("CHARS", "characters"),
    ("UNITS", "UTF-16 units"),
    ("MS", "ms"),
    ("S", "s"),
    ("PERCENT", "%"),
];

const HEAD: &str = "# Limits

What a person, or his app, meets who does more than others do, and where each limit comes from: `docs` are the public documents of the
API, `ours` is a decision. Written from `crates/ids/src/limits.rs` by `cargo xtask codegen`; do not edit. Limits of the
protocol, of queues and of attacks stand in the same file, those of what is kept (files, the store, vaults) in `limits/keeping.rs`
beside it; those that an operator can change are in [config.md](config.md).

| limit | what | source |
|---|---|---|
";

/// The document.
pub(crate) fn document(tree: &Tree) -> String {
    let mut text = HEAD.to_owned();
    let file = tree.text(SOURCE).and_then(|source| syn::parse_file(source).ok());
    for item in file.iter().flat_map(|file| &file.items) {
        if let Item::Const(limit) = item {
            // A String takes whatever is written to it.
            let _infallible = row(limit, &mut text);
        }
    }
    text
}

fn row(limit: &ItemConst, out: &mut String) -> fmt::Result {
    let comment = comment(limit);
    let Some((at, (mark, source))) = MARKS.iter().find_map(|mark| Some((comment.find(mark.0)?, *mark)))
    else {
        return Ok(());
    };
    let (what, rest) = comment.split_at(at);
    let why = rest.trim_start_matches(mark).split(')').next().unwrap_or_default();
    let name = limit.ident.to_string();
    let value = value(&limit.expr).map_or_else(|| "?".to_owned(), grouped);
    let unit = UNITS.iter().find(|(part, _)| name.split('_').any(|word| word == *part));
    let unit = unit.map_or(String::new(), |(_, unit)| format!(" {unit}"));
    writeln!(out, "| {value}{unit} | {} | {source}: {why} |", what.trim().trim_end_matches(':'))
}

fn comment(limit: &ItemConst) -> String {
    let mut lines = Vec::new();
    for attribute in &limit.attrs {
        if let Meta::NameValue(doc) = &attribute.meta
            && let Expr::Lit(text) = &doc.value
            && let Lit::Str(text) = &text.lit
        {
            lines.push(text.value().trim().to_owned());
        }
    }
    lines.join(" ")
}

/// What a constant expression of numbers comes to.
fn value(expr: &Expr) -> Option<u64> {
    if let Expr::Paren(inner) = expr {
        return value(&inner.expr);
    }
    if let Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) = expr {
        return number.base10_parse().ok();
    }
    let Expr::Binary(ExprBinary { left, op, right, .. }) = expr else { return None };
    let (left, right) = (value(left)?, value(right)?);
    if matches!(op, BinOp::Mul(_)) {
        return left.checked_mul(right);
    }
    if matches!(op, BinOp::Shl(_)) {
        return left.checked_shl(u32::try_from(right).ok()?);
    }
    if matches!(op, BinOp::Div(_)) { left.checked_div(right) } else { None }
}

/// A number with commas, as people read it.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{SOURCE, document};
    use crate::tree::Tree;

    #[test]
    fn limits_with_a_source_stand_in_the_list_with_value_and_unit() {
        let source = "/// Text of a message (docs: config, message_length_max).\npub const TEXT_UNITS_MAX: usize = 4096;\n\
                      /// A queue.\npub const QUEUE_MAX: usize = 7;\n\
                      /// The longest timer: a year\n/// of days (ours: nobody waits longer).\npub const TIMER_S_MAX: u32 = 366 * 86_400;\n\
                      /// Pins (docs: config).\npub const PINS_MAX: usize = (1 << 20) / 2;\n";
        let text = document(&Tree::of(&[(SOURCE, source)]));
        let rows: Vec<&str> =
            text.lines().filter(|line| line.starts_with("| ") && !line.contains("| what |")).collect();
        assert_eq!(
            rows,
            [
                "| 4,096 UTF-16 units | Text of a message | docs: config, message_length_max |",
                "| 31,622,400 s | The longest timer: a year of days | ours: nobody waits longer |",
                "| 524,288 | Pins | docs: config |",
            ]
        );
    }
}
