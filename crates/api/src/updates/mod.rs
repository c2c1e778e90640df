//! The methods of `updates`.

mod get_difference;
mod get_state;

pub(crate) use get_state::state;
