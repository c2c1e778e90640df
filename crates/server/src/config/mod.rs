//! Configuration: defaults, then the file, then HELIOGRAPH_* variables, then flags; the later wins.
//!
//! Every setting is declared once, in `settings.rs`; the reference (docs/config.md) is rendered from that
//! declaration and a test compares the two. Invariant: an unknown key in the file or a flag is an error, because
//! a misspelt limit that is silently ignored is no limit. An unknown HELIOGRAPH_* variable is only counted, since
//! container platforms set variables of that form by themselves.
mod load;
mod reference;
mod settings;

pub use load::{ConfigError, Loaded, Sources, load};
pub use reference::{FLAGS, render};
pub use settings::{
    Format, LimitSettings, LogSettings, SettingError, Settings, ShutdownSettings, ThreadSettings,
};
