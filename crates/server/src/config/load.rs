//! Lays the sources of the configuration over each other.
use std::path::PathBuf;

use serde::Deserialize;
use toml::{Table, Value};

use super::settings::{
    Kind, LimitSettings, LogSettings, Row, SettingError, Settings, ShutdownSettings, ThreadSettings,
};

/// Prefix of the environment variables that are settings.
const ENV_PREFIX: &str = "HELIOGRAPH_";
/// Names the configuration file, like the flag `--config`.
const ENV_FILE: &str = "HELIOGRAPH_CONFIG";

/// Where settings come from, weakest first; an absent source is empty.
#[derive(Default)]
pub struct Sources {
    /// The file named by a flag; it must exist. Without it `HELIOGRAPH_CONFIG` may name one.
    pub file: Option<PathBuf>,
    /// The environment, as the process was given it. Other variables than ours may be among it.
    pub env: Vec<(String, String)>,
    /// Flags, as (`limits.connections`, `100`).
    pub flags: Vec<(String, String)>,
}

/// What the sources say together.
pub struct Loaded {
    /// The settings, checked.
    pub settings: Settings,
    /// Variables that begin with HELIOGRAPH_ and are no setting.
    pub unknown_variables: usize,
}

/// Why there is no configuration. Shown to the operator, whose own words it repeats; never logged.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("the configuration file {path} is not valid TOML: {source}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A flag names nothing.
    #[error("there is no setting {0}; docs/config.md lists them all")]
    UnknownKey(String),
    /// A value of the wrong type.
    #[error("{key} wants {wanted}, not \"{given}\"")]
    WrongType {
        /// The setting, as a key.
        key: String,
        /// What it wants.
        wanted: &'static str,
        /// What it was given.
        given: String,
    },
    /// The file has an unknown key, or a value that does not fit.
    #[error("the configuration does not fit: {0}")]
    Misfit(Box<toml::de::Error>),
    /// A value that fits and makes no sense.
    #[error(transparent)]
    Senseless(#[from] SettingError),
}

/// Lays the sources over each other and checks the sum.
///
/// # Errors
/// The first source that cannot be understood, or the first setting that makes no sense.
pub fn load(sources: Sources) -> Result<Loaded, ConfigError> {
    let file_of_env = sources.env.iter().find(|(name, _)| name == ENV_FILE).map(|(_, path)| path.into());
    let mut table = match sources.file.or(file_of_env) {
        Some(path) => read_file(path)?,
        None => Table::new(),
    };
    let mut unknown_variables = 0;
    for (name, value) in &sources.env {
        let Some(name) = name.strip_prefix(ENV_PREFIX) else { continue };
        match setting_of_variable(name) {
            Some((section, row)) => put(&mut table, section, row, value)?,
            None if name == &ENV_FILE[ENV_PREFIX.len()..] => {}
            None => unknown_variables += 1,
        }
    }
    for (key, value) in &sources.flags {
        let (section, row) = setting_of_key(key).ok_or_else(|| ConfigError::UnknownKey(key.clone()))?;
        put(&mut table, section, row, value)?;
    }
    let settings = Settings::deserialize(table).map_err(|error| ConfigError::Misfit(Box::new(error)))?;
    settings.check()?;
    Ok(Loaded { settings, unknown_variables })
}

/// All settings with the section each is in; the empty name is the top of the file.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static Row)> {
    let sections: [(&str, &'static [Row]); 5] = [
        ("", Settings::ROWS),
        ("log", LogSettings::ROWS),
        ("limits", LimitSettings::ROWS),
        ("threads", ThreadSettings::ROWS),
        ("shutdown", ShutdownSettings::ROWS),
    ];
    sections.into_iter().flat_map(|(section, rows)| rows.iter().map(move |row| (section, row)))
}

/// `limits.connections`, or `data` at the top.
pub(super) fn key_of(section: &str, row: &Row) -> String {
    if section.is_empty() { row.key.to_owned() } else { format!("{section}.{}", row.key) }
}

/// `HELIOGRAPH_LIMITS_CONNECTIONS`.
pub(super) fn variable_of(section: &str, row: &Row) -> String {
    format!("{ENV_PREFIX}{}", key_of(section, row).replace('.', "_").to_uppercase())
}

fn read_file(path: PathBuf) -> Result<Table, ConfigError> {
    match std::fs::read_to_string(&path) {
        Ok(text) => text.parse().map_err(|source| ConfigError::Syntax { path, source: Box::new(source) }),
        Err(source) => Err(ConfigError::Read { path, source }),
    }
}

fn setting_of_variable(name: &str) -> Option<(&'static str, &'static Row)> {
    all().find(|(section, row)| variable_of(section, row).strip_prefix(ENV_PREFIX) == Some(name))
}

fn setting_of_key(key: &str) -> Option<(&'static str, &'static Row)> {
    all().find(|(section, row)| key_of(section, row) == key)
}

fn put(table: &mut Table, section: &str, row: &Row, given: &str) -> Result<(), ConfigError> {
    let wrong =
        |wanted| ConfigError::WrongType { key: key_of(section, row), wanted, given: given.to_owned() };
    let value = match row.kind {
        Kind::Bool => Value::Boolean(match given {
            "true" | "1" | "yes" | "on" => true,
            "false" | "0" | "no" | "off" => false,
            _ => return Err(wrong("true or false")),
        }),
        Kind::Number => Value::Integer(given.parse().map_err(|_| wrong("a whole number"))?),
        Kind::List => {
            let items = given.split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::Array(items.map(|item| Value::String(item.to_owned())).collect())
        }
        Kind::Text => Value::String(given.to_owned()),
    };
    let place = if section.is_empty() {
        table
    } else {
        let entry = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
        entry.as_table_mut().ok_or_else(|| wrong("a section, which the file gives another meaning"))?
    };
    place.insert(row.key.to_owned(), value);
    Ok(())
}
