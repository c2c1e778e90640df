//! Tests of the methods of `auth`.

mod accept_login_token;
mod bind_temp_auth_key;
mod cancel_code;
mod drop_temp_auth_keys;
mod export_login_token;
mod log_out;
mod resend_code;
mod send_code;
mod sign_in;
mod sign_up;
