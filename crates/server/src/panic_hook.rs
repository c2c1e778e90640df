//! Panics are logged by place only: the message of a panic may hold what a user wrote (P31).
use std::panic::set_hook;

use crate::log::{Event, Log, SourceLine};

/// Replaces the process's panic hook, which prints messages, by one that logs the place alone.
pub(crate) fn install(log: &Log) {
    let log = log.clone();
    set_hook(Box::new(move |info| {
        if let Some(location) = info.location() {
            log.event(&Event::Panicked { at: SourceLine::of(location) });
        }
    }));
}
