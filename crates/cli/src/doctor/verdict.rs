//! What `doctor` found, and the sentence for it. Every sentence says what to do about it.
use std::fmt::{Display, Formatter, Result};

use ids::limits::{LAYER_CANONICAL, LAYER_MIN};

/// The first thing that keeps a client away, or that nothing does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// The host has no address.
    NoAddress,
    /// Nobody listens on the port.
    NothingListens,
    /// No answer to the attempt to connect.
    Unreachable,
    /// Somebody listens and speaks something else.
    NotMtproto,
    /// Somebody listens and speaks HTTP.
    Http,
    /// The server's RSA key is another one.
    WrongKey,
    /// The server does not play this data centre.
    ForeignDc(i16),
    /// The server says that it is another data centre than the one dialled.
    OtherDc {
        /// The one dialled.
        dialled: i16,
        /// What `this_dc` says.
        told: i32,
    },
    /// The server turned the key exchange away, most likely because there were too many.
    Refused,
    /// The server made a mistake in the key exchange.
    BadExchange(mtproto::handshake::client::ExchangeError),
    /// The key was made and does not work.
    NoAnswer,
    /// The clocks differ by more than clients tolerate.
    Clock {
        /// How far the server is ahead of this machine, in seconds.
        server_ahead_s: i64,
    },
    /// Some transports do not get through.
    Blocked(Vec<&'static str>),
    /// The client is newer than the server.
    NewerLayer(u16),
    /// The client is too old for the server.
    OlderLayer(u16),
    /// The transports are well; the rest needs the key.
    TransportsWell,
    /// A client can connect.
    Well,
}

impl Verdict {
    /// Whether a client can connect, as far as was examined.
    pub(super) fn is_well(&self) -> bool {
        matches!(self, Self::Well | Self::TransportsWell)
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::NoAddress => f.write_str("The host has no address: check its name."),
            Self::NothingListens => f.write_str(
                "Nothing listens on that port: start the server, or take the port from its ready file.",
            ),
            Self::Unreachable => f.write_str(
                "There is no answer from that address: a firewall drops the packets, or the host is down.",
            ),
            Self::NotMtproto => f.write_str(
                "Something listens there and does not speak MTProto: check the port, and that no TLS front stands \
                 before it.",
            ),
            Self::Http => f.write_str(
                "An HTTP server answers there: give clients the port of MTProto, not that of HTTP.",
            ),
            Self::WrongKey => f.write_str(
                "The server has another RSA key than the one given: give clients the server.pem of its data folder.",
            ),
            Self::ForeignDc(dc) => {
                write!(f, "The server does not play data centre {dc}: let clients dial one from 1 to 5.")
            }
            Self::OtherDc { dialled, told } => write!(
                f,
                "The server says that it is data centre {told} when {dialled} is dialled: clients will ask for ever; \
                 give them {told}."
            ),
            Self::Refused => f.write_str(
                "The server closed the key exchange: too many come from this address, or it is overloaded; try again \
                 in a minute.",
            ),
            Self::BadExchange(error) => write!(f, "The key exchange fails: {error}."),
            Self::NoAnswer => f.write_str(
                "A key was made and a call under it got no answer: the server is overloaded or its store is away.",
            ),
            Self::Clock { server_ahead_s } => {
                let (seconds, side) =
                    (server_ahead_s.unsigned_abs(), if *server_ahead_s > 0 { "ahead of" } else { "behind" });
                write!(
                    f,
                    "The server's clock is {seconds} s {side} this machine's: messages more than 30 s from the future \
                     or 300 s from the past are refused; set the wrong one of the two."
                )
            }
            Self::Blocked(transports) => write!(
                f,
                "MTProto gets through, but not over {}: something between here and the server blocks it.",
                transports.join(", ")
            ),
            Self::NewerLayer(layer) => write!(
                f,
                "The client speaks layer {layer}, newer than this server's {LAYER_CANONICAL}: it is served layer \
                 {LAYER_CANONICAL} and may fail to read some answers; update the server."
            ),
            Self::OlderLayer(layer) => write!(
                f,
                "The client speaks layer {layer}, older than the oldest served, {LAYER_MIN}: update the client."
            ),
            Self::TransportsWell => f.write_str(
                "MTProto gets through over every transport; give --key to examine key, clock and data centre too.",
            ),
            Self::Well => f.write_str("All is well: a client with this key can connect."),
        }
    }
}

#[cfg(test)]
mod tests {
    use mtproto::handshake::client::ExchangeError;

    use super::*;

    #[test]
    fn every_verdict_is_one_sentence() {
        let all = [
            Verdict::NoAddress,
            Verdict::NothingListens,
            Verdict::Unreachable,
            Verdict::NotMtproto,
            Verdict::Http,
            Verdict::WrongKey,
            Verdict::ForeignDc(7),
            Verdict::OtherDc { dialled: 2, told: 4 },
            Verdict::Refused,
            Verdict::BadExchange(ExchangeError::ForeignGroup),
            Verdict::NoAnswer,
            Verdict::Clock { server_ahead_s: -400 },
            Verdict::Blocked(vec!["abridged", "full"]),
            Verdict::NewerLayer(999),
            Verdict::OlderLayer(1),
            Verdict::TransportsWell,
            Verdict::Well,
        ];
        for verdict in all {
            let text = verdict.to_string();
            assert!(text.ends_with('.') && !text.contains("  ") && !text.contains('\n'), "{text:?}");
            assert_eq!(text.replace("server.pem", "").matches('.').count(), 1, "{text:?}");
        }
    }
}
