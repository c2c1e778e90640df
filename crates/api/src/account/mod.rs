//! The methods of `account`.

mod check_username;
mod update_profile;
mod update_username;
