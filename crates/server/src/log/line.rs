//! One event as one line, in text or JSON.
use serde::{Deserialize, Serialize};

use super::event::Event;
use crate::clock::rfc3339;
use crate::config::Format;

/// How much an event matters; a log shows its own level and those above.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Something is broken.
    Error,
    /// The operator should know.
    Warn,
    /// Starts, stops.
    Info,
    /// Unusual behaviour of peers.
    Debug,
    /// Every connection and call, still without user data.
    Trace,
}

impl Level {
    const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// Renders `event`, with its line feed.
pub(super) fn render(event: &Event, format: Format, wall_ns: u64) -> String {
    let (date, level, name) = (rfc3339(wall_ns), event.level().word(), event.name());
    match format {
        Format::Json => {
            let mut line = format!(r#"{{"at":"{date}","level":"{level}","event":"{name}""#);
            event.fields(&mut |key, value| {
                line.push_str(",\"");
                line.push_str(key);
                line.push_str("\":");
                value.value().write(&mut line, true);
            });
            line.push_str("}\n");
            line
        }
        Format::Text => {
            let mut line = format!("{date} {level:<5} {}", event.sentence());
            event.fields(&mut |key, value| {
                line.push(' ');
                line.push_str(key);
                line.push('=');
                value.value().write(&mut line, false);
            });
            line.push('\n');
            line
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Count, Port, SourceLine, Took};
    use super::*;

    fn all_shapes() -> [Event; 4] {
        [
            Event::LocalVaults {},
            Event::Ready {
                mtproto_port: Port(8443),
                http_port: Port(8080),
                took: Took(Duration::from_millis(37)),
            },
            Event::Stopped { clean: true, took: Took(Duration::from_secs(3)) },
            Event::Panicked { at: SourceLine::of(std::panic::Location::caller()) },
        ]
    }

    #[test]
    fn a20_every_line_parses_as_json() {
        for event in all_shapes() {
            let line = render(&event, Format::Json, 1_700_000_000_123_000_000);
            let value: serde_json::Value = serde_json::from_str(&line).expect("one JSON object");
            assert_eq!(value["event"], event.name());
            assert_eq!(line.matches('\n').count(), 1);
        }
    }

    #[test]
    fn a_line_of_text_is_a_sentence_with_fields() {
        let event = Event::UnknownVariables { count: Count(12_345) };
        assert_eq!(
            render(&event, Format::Text, 1_700_000_000_123_000_000),
            "2023-11-14T22:13:20.123Z warn  Environment variables begin with HELIOGRAPH_ and name no setting. count=12k\n"
        );
    }
}
