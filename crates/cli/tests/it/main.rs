//! The real binary, from outside: processes, sockets and files, nothing of the code in between.
mod doctor;
mod http;
mod limits;
mod order;
mod peer;
mod private;
mod process;
mod serve;
mod socket;
mod wire;
