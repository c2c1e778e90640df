//! Tests of the methods of `updates`.

mod get_difference;
mod get_state;
