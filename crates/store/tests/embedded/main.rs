//! The embedded engine on real files: the suite of all engines, restarts, power cuts (R3), failing disks (R4), rotten
//! bits (R5), space. `disk` records what a process does to a folder and builds the folders that a crash could leave.

mod disk;
mod driven;
mod faults;
mod power_cut;
mod process;
mod restarts;
mod rot;
mod scratch;
mod space;
mod suite;
mod torn;
mod waits;
mod workload;
