//! Tests of the methods of `help`.

mod get_app_config;
mod get_config;
mod get_nearest_dc;
