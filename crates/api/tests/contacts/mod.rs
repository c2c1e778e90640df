//! Tests of the methods of `contacts`.

mod get_contacts;
mod import_contacts;
