//! `cargo xtask`: the rules of the house as code, so that they are not wishes.
//!
//! `tidy` checks the rules, `where` finds the parts of a method, `codegen` writes the generated documents. It
//! depends on no crate of ours: it must run, and say why, when they do not compile.

mod codegen;
mod finding;
mod functions;
mod inventory;
mod limits;
mod locate;
mod names;
mod packages;
#[expect(dead_code, reason = "the one reader of the schema is shared with `tl`, which uses more of it")]
#[path = "../../crates/tl/build/schema.rs"]
mod schema;
mod source;
mod stubs;
mod tidy;
mod tree;

use std::{
    env,
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use tree::Tree;

const USAGE: &str = "usage: cargo xtask COMMAND

  tidy               check the rules of the house
  where METHOD       show handler, test, domain functions, views and schema line of a method
  codegen [--check]  write docs/methods.md and docs/limits.md, or say whether they are up to date
";

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match run(&words, &mut io::stdout().lock()) {
        Ok(code) => code,
        Err(error) => {
            // Nothing is left to be done when standard error is gone as well.
            let _gone = writeln!(io::stderr(), "xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str], out: &mut dyn Write) -> Result<ExitCode, Box<dyn Error>> {
    match words {
        ["tidy"] => tidy::command(&Tree::load()?, out),
        ["where", name] => locate::command(&Tree::load()?, name, out),
        ["codegen"] => codegen::command(&Tree::load()?, out),
        ["codegen", "--check"] => codegen::check_command(&Tree::load()?, out),
        _ => {
            write!(out, "{USAGE}")?;
            Ok(ExitCode::FAILURE)
        }
    }
}
