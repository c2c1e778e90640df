//! The connections a session uses, in the order of last use.
//!
//! A session may use several connections and move between them; a connection may carry several sessions. Results
//! go where their call came from, everything else where the client spoke last.

use ids::ConnId;
use ids::limits::CONNS_PER_SESSION_MAX;

/// Live connections; the one used last stands last.
#[derive(Default)]
pub(crate) struct Conns {
    live: Vec<ConnId>,
}

/// What the use of a connection changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Used {
    /// Nothing: it was known.
    Known,
    /// It is new, others live.
    Another,
    /// It is the only one.
    Only,
    /// It is new and this one had to be forgotten for it.
    Instead(ConnId),
}

impl Conns {
    /// Notes that the client used a connection.
    pub(crate) fn used(&mut self, conn: ConnId) -> Used {
        if self.live.last() == Some(&conn) {
            return Used::Known;
        }
        if let Some(at) = self.live.iter().position(|live| *live == conn) {
            self.live.remove(at);
            self.live.push(conn);
            return Used::Known;
        }
        let used = match self.live.first() {
            None => Used::Only,
            Some(oldest) if self.live.len() >= CONNS_PER_SESSION_MAX => Used::Instead(*oldest),
            Some(_) => Used::Another,
        };
        if let Used::Instead(_) = used {
            self.live.remove(0);
        }
        self.live.push(conn);
        used
    }

    /// Forgets a connection; whether it was known.
    pub(crate) fn lost(&mut self, conn: ConnId) -> bool {
        let before = self.live.len();
        self.live.retain(|live| *live != conn);
        self.live.len() < before
    }

    /// The one used last.
    pub(crate) fn latest(&self) -> Option<ConnId> {
        self.live.last().copied()
    }

    /// Whether it lives and is used by this session.
    pub(crate) fn has(&self, conn: ConnId) -> bool {
        self.live.contains(&conn)
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.live.capacity() * size_of::<ConnId>()
    }

    /// Gives back memory.
    pub(crate) fn rest(&mut self) {
        self.live.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use ids::ConnId;

    use super::{Conns, Used};

    #[test]
    fn the_one_used_last_is_the_latest() {
        let mut conns = Conns::default();
        assert_eq!(conns.latest(), None);
        assert_eq!(conns.used(ConnId(1)), Used::Only);
        assert_eq!(conns.used(ConnId(2)), Used::Another);
        assert_eq!(conns.used(ConnId(1)), Used::Known);
        assert_eq!(conns.latest(), Some(ConnId(1)));
        assert!(conns.lost(ConnId(1)));
        assert!(!conns.lost(ConnId(1)));
        assert_eq!(conns.latest(), Some(ConnId(2)));
        for n in 3..18 {
            assert_eq!(conns.used(ConnId(n)), Used::Another);
        }
        assert_eq!(conns.used(ConnId(18)), Used::Instead(ConnId(2)));
        assert!(!conns.has(ConnId(2)));
    }
}
