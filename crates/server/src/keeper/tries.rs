//! How often something was run for which keys were missing, and the keys that came.
use ids::limits::NEED_RERUNS_MAX;
use sealed::{BoxKeys, DeviceKey, Keyring, Need};

/// What became of keys that somebody waited for; the later, the worse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) enum End {
    /// They are there.
    #[default]
    Here,
    /// One was destroyed, and never comes.
    Gone,
    /// They did not come in time; they may come later.
    Late,
}

/// Keys that stay in memory for as long as this is held.
#[derive(Default)]
pub(crate) struct Pins {
    boxes: Vec<BoxKeys>,
    devices: Vec<DeviceKey>,
}

/// What a wait for keys has brought.
pub(crate) struct Brought {
    pub(crate) end: End,
    pub(crate) pins: Pins,
}

/// Runs so far.
#[derive(Default)]
pub(crate) struct Tries {
    reruns: u32,
    end: End,
    pins: Pins,
}

impl Tries {
    /// Whether keys that are missing now may be asked for: not for ever, and not when they did not come.
    pub(crate) fn may_ask(&self) -> bool {
        self.end == End::Here && self.reruns < NEED_RERUNS_MAX
    }

    /// Whether a key was destroyed.
    pub(crate) fn is_gone(&self) -> bool {
        self.end == End::Gone
    }

    /// A wait is over, and the next run is a rerun.
    pub(crate) fn note(&mut self, brought: Brought) {
        self.reruns += 1;
        self.end = self.end.max(brought.end);
        self.pins.boxes.extend(brought.pins.boxes);
        self.pins.devices.extend(brought.pins.devices);
    }
}

impl Pins {
    /// Pins those of the keys that are in memory.
    pub(super) fn of(keyring: &Keyring, needs: &[Need]) -> Self {
        let mut pins = Self::default();
        for &need in needs {
            match need {
                Need::Box(of) => pins.boxes.extend(keyring.warm(of)),
                Need::Device(of) | Need::MintDevice(of) => pins.devices.extend(keyring.device(of)),
                // Whoever takes a blank box holds it.
                Need::Blank => {}
            }
        }
        pins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_asked_for_three_times_and_not_after_they_did_not_come() {
        let mut tries = Tries::default();
        for _ in 0..NEED_RERUNS_MAX {
            assert!(tries.may_ask());
            tries.note(Brought { end: End::Here, pins: Pins::default() });
        }
        assert!(!tries.may_ask());
        for end in [End::Gone, End::Late] {
            let mut tries = Tries::default();
            tries.note(Brought { end, pins: Pins::default() });
            assert!(!tries.may_ask());
            assert_eq!(tries.is_gone(), end == End::Gone);
        }
    }
}
