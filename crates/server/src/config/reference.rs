//! Renders docs/config.md from the declaration of the settings.
use std::fmt::Write as _;

use toml::Table;

use super::load::{all, key_of, variable_of};
use super::settings::Settings;

/// Settings that have a flag of their own on `heliograph serve`; all others are set with `--set key=value`.
pub const FLAGS: &[(&str, &str)] = &[
    ("data", "--data DIR"),
    ("listen", "--listen ADDR:PORT"),
    ("http", "--http ADDR:PORT"),
    ("advertise", "--advertise ADDR:PORT"),
    ("dc", "--dc N"),
    ("dev", "--dev"),
    ("dev_vaults", "--dev-vaults DIR"),
    ("dev_processes", "--dev-processes"),
    ("vaults", "--vault LINE"),
    ("passphrase_file", "--passphrase-file FILE"),
    ("jurisdiction", "--jurisdiction WORD"),
    ("production", "--production"),
    ("ready_file", "--ready-file FILE"),
    ("log.level", "--log-level LEVEL"),
    ("log.format", "--log-format FORMAT"),
];

const INTRODUCTION: &str = "\
# Configuration

Made from the declaration of the settings in `crates/server/src/config/settings.rs`; a test compares the two.

A setting has a default. A TOML file (`--config FILE`, or the variable `HELIOGRAPH_CONFIG`) overrides it, an
environment variable overrides the file, a flag of `heliograph serve` overrides all. Any setting can be given as
`--set KEY=VALUE`. An unknown key in the file or in a flag is an error; an unknown `HELIOGRAPH_` variable is
counted in one line of the log, because container platforms make such variables by themselves.

";

/// The whole reference as Markdown.
pub fn render() -> String {
    let mut text = INTRODUCTION.to_owned();
    let defaults = Table::try_from(Settings::default()).unwrap_or_default();
    let mut current = None;
    for (section, row) in all() {
        if current != Some(section) {
            let title =
                if section.is_empty() { "Top of the file".to_owned() } else { format!("`[{section}]`") };
            let _ = write!(
                text,
                "## {title}\n\n| key | default | variable | flag | meaning |\n|---|---|---|---|---|\n"
            );
            current = Some(section);
        }
        let key = key_of(section, row);
        let place = if section.is_empty() { Some(&defaults) } else { defaults[section].as_table() };
        let default = match place.and_then(|table| table.get(row.key)) {
            Some(value) => format!("`{value}`"),
            None => "none".to_owned(),
        };
        let flag = match FLAGS.iter().find(|(of, _)| *of == key) {
            Some((_, flag)) => format!("`{flag}`"),
            None => String::new(),
        };
        let variable = variable_of(section, row);
        let _ = writeln!(text, "| `{}` | {default} | `{variable}` | {flag} | {} |", row.key, row.doc.trim());
        if all().filter(|(of, _)| *of == section).last().is_some_and(|(_, last)| last.key == row.key) {
            text.push('\n');
        }
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
