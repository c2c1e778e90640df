//! What the operator must know at every start, in one line each.
use crate::config::Settings;
use crate::log::{Count, Event, Log};

pub(super) fn say(settings: &Settings, unknown_variables: usize, log: &Log) {
    log.event(&Event::NothingStored {});
    log.event(&Event::KeyOnDisk {});
    log.event(&if settings.dev { Event::DevelopmentMode {} } else { Event::NoCodeSender {} });
    if unknown_variables > 0 {
        log.event(&Event::UnknownVariables { count: Count(unknown_variables as u64) });
    }
}
