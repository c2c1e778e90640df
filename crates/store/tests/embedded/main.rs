//! The embedded engine on real files: the suite of all engines, restarts, power cuts (R3), failing disks (R4), rotten
//! bits (R5), space. `disk` records what a process does to a folder and builds the folders that a crash could leave.

mod driven;
mod restarts;
mod scratch;
mod suite;
