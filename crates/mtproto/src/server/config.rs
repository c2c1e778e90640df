//! What all connections of one server have in common; shared behind one `Arc`.

use std::ops::RangeInclusive;

use crate::transport::Secret;

/// What a connection must know of its server.
pub struct Config {
    /// Fingerprints of the RSA keys whose private half is held, in the order they are offered.
    pub fingerprints: Vec<u64>,
    /// The data centres this server plays.
    pub dcs: Dcs,
    /// The transport secret, if the server hands one out in its `dcOption`s.
    pub secret: Option<Secret>,
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
