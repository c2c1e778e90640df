//! The breach of P06, apart from the code that seals, so that nothing there may call what it calls (docs/claims.md).

use ids::sabotage::{self, Fault};
use sealed::AtRest;

/// A record as it is, for a place beside the one that it is sealed for; never in a build without breaches.
pub(crate) fn in_clear(plain: &[u8]) -> Option<AtRest> {
    sabotage::is(Fault::RowInClear).then(|| AtRest::read_back(plain.to_vec()))
}
