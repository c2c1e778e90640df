//! Tests of the methods of `users`.

mod get_full_user;
mod get_requirements_to_contact;
mod get_users;
