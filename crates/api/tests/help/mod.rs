//! Tests of the methods of `help`.

mod get_app_config;
mod get_config;
mod get_countries_list;
mod get_nearest_dc;
