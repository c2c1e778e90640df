//! The promises of the sealed store, on real parts: the embedded engine and three vaults, each in a folder, and the
//! exchanges between them. What can be opened is judged by `exhume`, which shares no code with what seals.
//!
//! Each promise is run twice: as it should be, and in a process of its own that commits the breach named beside it, where
//! it must go red (`red`). docs/claims.md lists them. `HELIOGRAPH_CLAIMS=full` makes those large that take long.

mod conversations;
mod crash;
mod destroyed;
mod edits;
mod folders;
mod nothing;
mod people;
mod presence;
mod promises;
mod red;
mod scan;
mod torn;
mod walk;
mod world;
