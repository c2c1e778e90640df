//! Where lines go: a bounded queue and a thread that writes it to standard error.
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use super::Count;
use super::event::Event;
use super::line::{Level, render};
use crate::clock::Clock;
use crate::config::LogSettings;

/// How long the end of the process waits for the last lines.
const FLUSH_MAX: Duration = Duration::from_secs(2);

enum Item {
    Line(String),
    Flush(SyncSender<()>),
}

/// The log of the process. Clones write to the same place.
#[derive(Clone)]
pub struct Log {
    settings: LogSettings,
    clock: Clock,
    queue: SyncSender<Item>,
    lost: Arc<AtomicU64>,
}

impl Log {
    /// A log on standard error.
    #[must_use]
    pub(crate) fn to_stderr(settings: LogSettings, clock: Clock) -> Self {
        Self::to(settings, clock, Box::new(std::io::stderr()))
    }

    /// A log on anything that takes bytes.
    #[must_use]
    pub(crate) fn to(settings: LogSettings, clock: Clock, place: Box<dyn Write + Send>) -> Self {
        let (queue, items) = sync_channel(ids::limits::LOG_LINES_WAITING_MAX);
        let lost = Arc::new(AtomicU64::new(0));
        let log = Self { settings, clock, queue, lost: lost.clone() };
        let (settings, clock) = (log.settings.clone(), clock);
        // Without its thread the log is silent: the queue's other end is then gone and lines are dropped.
        let _ = std::thread::Builder::new().name("log".into()).spawn(move || {
            write_lines(
                &items,
                place,
                &|count| {
                    render(&Event::LinesLost { count: Count(count) }, settings.format, clock.now().wall_ns)
                },
                &lost,
            );
        });
        log
    }

    /// Whether an event of this level gets a line: lets callers skip work for nothing.
    #[must_use]
    pub(crate) fn shows(&self, level: Level) -> bool {
        level <= self.settings.level
    }

    /// Writes one event, if its level is shown. Never waits.
    pub(crate) fn event(&self, event: &Event) {
        if !self.shows(event.level()) {
            return;
        }
        let line = render(event, self.settings.format, self.clock.now().wall_ns);
        if let Err(TrySendError::Full(_)) = self.queue.try_send(Item::Line(line)) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until all lines before this call are written, two seconds at most.
    pub fn flush(&self) {
        let (done, written) = sync_channel(1);
        if self.queue.send(Item::Flush(done)).is_ok() {
            let _ = written.recv_timeout(FLUSH_MAX);
        }
    }
}

fn write_lines(
    items: &Receiver<Item>,
    mut place: Box<dyn Write + Send>,
    lost_line: &dyn Fn(u64) -> String,
    lost: &AtomicU64,
) {
    // A standard error that is closed is the operator's choice, so failures to write are ignored.
    for item in items {
        match item {
            Item::Line(line) => {
                let _ = place.write_all(line.as_bytes());
            }
            Item::Flush(done) => {
                let _ = place.flush();
                let _ = done.try_send(());
            }
        }
        let count = lost.swap(0, Ordering::Relaxed);
        if count > 0 {
            let _ = place.write_all(lost_line(count).as_bytes());
        }
    }
}
