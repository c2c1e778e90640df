//! The methods of `upload`: files can be read; those of users come later.

mod get_file;
