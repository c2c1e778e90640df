//! What the operator must know at every start, in one line each.
use crate::config::Settings;
use crate::log::{Count, Event, Log};

pub(super) fn say(settings: &Settings, unknown_variables: usize, log: &Log) {
    if settings.dev {
        log.event(&Event::LocalVaults {});
        log.event(&Event::DevelopmentMode {});
    } else {
        log.event(&Event::NoCodeSender {});
    }
    if unknown_variables > 0 {
        log.event(&Event::UnknownVariables { count: Count(unknown_variables as u64) });
    }
}
