//! Tests of the methods of `upload`.

mod get_file;
