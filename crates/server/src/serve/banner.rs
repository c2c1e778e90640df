//! What the operator must know at every start, in one line each.
use crate::config::Settings;
use crate::keeper::Kept;
use crate::log::{Count, Event, Log};

/// What the vaults are worth.
pub(super) fn say_vaults(kept: Kept, log: &Log) {
    match kept {
        Kept::Folders => log.event(&Event::LocalVaults {}),
        Kept::Processes => log.event(&Event::LocalProcesses {}),
        Kept::Elsewhere { in_clear: false } => log.event(&Event::VaultsElsewhere {}),
        Kept::Elsewhere { in_clear: true } => log.event(&Event::LinkKeyInClear {}),
    }
}

pub(super) fn say(settings: &Settings, unknown_variables: usize, log: &Log) {
    if settings.dev {
        log.event(&Event::DevelopmentMode {});
    } else {
        log.event(&Event::NoCodeSender {});
    }
    if unknown_variables > 0 {
        log.event(&Event::UnknownVariables { count: Count(unknown_variables as u64) });
    }
}
