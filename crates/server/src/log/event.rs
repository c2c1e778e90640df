//! Every event there is: its level, its name, its sentence and its fields.
use super::field::{Count, LogSafe, Port, SourceLine, Took};
use super::line::Level;
use crate::admission::Refusal;
use crate::connection::{Carrier, Ending};

/// Declares the events. The sentence is for people, the name and the fields for programs.
macro_rules! events {
    ($($(#[doc = $doc:literal])+ $level:ident $variant:ident { $($field:ident: $ty:ty),* } $name:literal $sentence:literal;)+) => {
        /// Something worth a line.
        pub(crate) enum Event {
            $($(#[doc = $doc])+ $variant { $($field: $ty),* },)+
        }

        impl Event {
            pub(super) const fn level(&self) -> Level {
                match self { $(Self::$variant { .. } => Level::$level,)+ }
            }

            pub(super) const fn name(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $name,)+ }
            }

            pub(super) const fn sentence(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $sentence,)+ }
            }

            pub(super) fn fields(&self, each: &mut dyn FnMut(&'static str, &dyn LogSafe)) {
                match self {
                    $(Self::$variant { $($field),* } => {
                        $(each(stringify!($field), $field);)*
                        // An event without fields leaves the callback unused.
                        let _ = &mut *each;
                    })+
                }
            }
        }
    };
}

events! {
    /// The banner's most important line: what this build forgets.
    Warn NothingStored {} "nothing-stored"
        "Nothing is stored: the store of this build is in memory, and accounts and messages are gone when it stops.";
    /// The RSA key is a file.
    Warn KeyOnDisk {} "key-on-disk"
        "The server's RSA key lies on this disk in clear: whoever reads the data folder can pose as this server.";
    /// Development mode.
    Warn DevelopmentMode {} "development-mode"
        "Development mode: login codes are shown at /dev/inbox to whoever can open a loopback connection here.";
    /// Production has no way to send a code yet.
    Warn NoCodeSender {} "no-code-sender"
        "No code sender exists in this build: nobody can log in without development mode (--dev).";
    /// Variables that may be misspelt settings.
    Warn UnknownVariables { count: Count } "unknown-variables"
        "Environment variables begin with HELIOGRAPH_ and name no setting.";
    /// The limit of open files is lower than the connections asked for.
    Warn FewFiles { connections: Count } "few-files"
        "The limit of open files allows fewer connections than were asked for.";
    /// A key was drawn at the first start.
    Info KeyDrawn { took: Took } "key-drawn"
        "Drew the server's RSA key; clients need its public half, server.pem.";
    /// Everything answers.
    Info Ready { mtproto_port: Port, http_port: Port, took: Took } "ready" "Ready.";
    /// A signal came.
    Info Stopping { connections: Count } "stopping" "Stopping: finishing the calls that run.";
    /// The end.
    Info Stopped { clean: bool, took: Took } "stopped" "Stopped.";
    /// Accepting failed, most likely for want of file descriptors.
    Error AcceptFailed { times: Count } "accept-failed" "Cannot accept connections; trying again.";
    /// The socket of the metrics could not be made.
    Error NoMetrics {} "no-metrics" "The socket of the metrics cannot be opened; going on without.";
    /// A panic: a bug. The call or connection it happened in is lost, nothing else.
    Error Panicked { at: SourceLine } "panicked" "A bug stopped one piece of work.";
    /// Lines that standard error did not take in time.
    Warn LinesLost { count: Count } "lines-lost" "Log lines were lost because standard error was not read.";
    /// A connection was turned away at the door.
    Debug Refused { why: Refusal } "refused" "Refused a connection.";
    /// A connection was taken.
    Trace Opened { carrier: Carrier, open: Count } "opened" "Connection opened.";
    /// A connection ended.
    Trace Closed { why: Ending, open: Count } "closed" "Connection closed.";
    /// A key exchange gave a key.
    Trace KeyCreated { temporary: bool } "key-created" "A key exchange is complete.";
    /// The store did not take a key, or did not give one.
    Error StoreFailed {} "store-failed" "The store failed; the connection concerned is closed.";
    /// A call was answered.
    Trace Called { refused: bool, took: Took } "called" "Answered a call.";
    /// More calls than handlers can do.
    Warn Overloaded { waiting: Count } "overloaded" "Too many calls are waiting; newer ones are told to come again.";
}
