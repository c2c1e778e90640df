//! What lies in an engine: sealed rows under numbers that die with their versions, and nothing else.

mod devices;
mod dumps;
mod needs;
mod repairs;
mod ticks;
mod torn;
mod versions;
mod world;
