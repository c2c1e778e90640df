//! Tests of the methods of `users`.

mod get_full_user;
mod get_users;
