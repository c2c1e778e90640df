//! The methods of `account`.

mod check_username;
mod get_notify_exceptions;
mod get_notify_settings;
mod get_privacy;
mod reset_notify_settings;
mod set_privacy;
mod update_notify_settings;
mod update_profile;
mod update_status;
mod update_username;
