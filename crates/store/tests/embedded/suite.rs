//! What every engine must do.

use std::path::Path;

use store::{Engine, testsuite};

use crate::driven::{Driven, SMALL};
use crate::scratch::Scratch;

#[test]
fn the_embedded_engine_passes_the_suite_of_all_engines() {
    testsuite::run(&|| Box::new(Driven::new()));
}

#[test]
fn the_embedded_engine_passes_the_suite_of_durable_engines() {
    let make = |folder: &Path| -> Box<dyn Engine> { Box::new(Driven::open(folder, &SMALL).unwrap()) };
    testsuite::run_durable(&|case| {
        let folder = Scratch::new();
        case(&|| make(folder.path()));
    });
}
