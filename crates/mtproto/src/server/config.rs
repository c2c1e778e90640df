//! What all connections of one server have in common; shared behind one `Arc`.

use std::ops::RangeInclusive;

use ids::limits;

use crate::transport::Secret;

/// What a connection must know of its server.
pub struct Config {
    /// Fingerprints of the RSA keys whose private half is held, in the order they are offered.
    pub fingerprints: Vec<u64>,
    /// The data centres this server plays.
    pub dcs: Dcs,
    /// The transport secret, if the server hands one out in its `dcOption`s.
    pub secret: Option<Secret>,
    /// How long it waits for its peer.
    pub patience: Patience,
}

/// How long a connection waits for its peer, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// For the first complete frame (A6).
    pub first_frame_ms: u64,
    /// For the rest of a frame that was begun (A6).
    pub partial_frame_ms: u64,
    /// For the first message under an auth key (A6).
    pub key_unused_ms: u64,
    /// For the end of a key exchange that was begun (T5).
    pub exchange_ms: u64,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first_frame_ms: limits::FIRST_FRAME_MS_MAX,
            partial_frame_ms: limits::PARTIAL_FRAME_MS_MAX,
            key_unused_ms: limits::KEY_UNUSED_MS_MAX,
            exchange_ms: limits::HANDSHAKE_LIFE_MS,
        }
    }
}

/// The data centres a server plays, as clients number them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dcs {
    /// Ids served, without sign and without the offset of the test environment.
    pub ids: RangeInclusive<i32>,
    /// Whether this is a test environment, whose ids clients raise by 10,000.
    pub test: bool,
}

/// What is added to the id of a data centre of a test environment.
const TEST_DC_OFFSET: i32 = 10_000;

impl Dcs {
    /// Whether a handshake that names `dc` may mean this server. 0 means "not said"; a negative id is the media
    /// side of the same data centre.
    pub fn serves(&self, dc: i32) -> bool {
        let dc = dc.saturating_abs();
        let own = if self.test { dc.saturating_sub(TEST_DC_OFFSET) } else { dc };
        dc == 0 || self.ids.contains(&own)
    }
}
