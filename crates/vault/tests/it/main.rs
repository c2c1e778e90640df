//! The vault from outside: requests and answers, its files, its disk's failures, and a process that dies.
mod bad_disks;
mod budget;
mod crashes;
mod exhume;
mod forgets;
mod ground;
mod misdeeds;
mod model;
mod operations;
mod together;
