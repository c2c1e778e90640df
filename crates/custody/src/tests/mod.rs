//! The machines against vaults in memory, over a network that is as bad as the seed says.

mod late;
mod model;
mod reshare;
mod rows;
mod sim;
mod start;
mod tick;
