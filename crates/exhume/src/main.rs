//! The program: counts what opens, whose it is, and whether given bytes are among it. Plaintext only with `--print`.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use exhume::{Dig, Found, Owner};

const USAGE: &str = "exhume --data DIR... [--vault DIR...] [--id NUMBER...] [--find TEXT...] [--print]
  --data   copies of data folders, of any times
  --vault  vaults' folders, of chosen times
  --id     ids of users or auth keys to try besides those that are found
  --find   tells how many opened rows hold this text
  --print  prints what opened: rows with owner, table and plaintext, in hexadecimal";

#[derive(Default)]
struct Asked {
    data: Vec<PathBuf>,
    vaults: Vec<PathBuf>,
    ids: Vec<u64>,
    texts: Vec<String>,
    print: bool,
}

fn main() -> ExitCode {
    let mut out = io::stdout().lock();
    let Some(asked) = Asked::read(env::args_os().skip(1)) else {
        return if writeln!(io::stderr(), "{USAGE}").is_ok() { ExitCode::from(2) } else { ExitCode::FAILURE };
    };
    match dig(&asked).and_then(|found| report(&asked, &found, &mut out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

impl Asked {
    /// `None` if it makes no sense.
    fn read(arguments: impl Iterator<Item = OsString>) -> Option<Asked> {
        let mut asked = Asked::default();
        let mut option = String::new();
        for argument in arguments {
            if let Some(word) = argument.to_str().filter(|word| word.starts_with("--")) {
                asked.print |= word == "--print";
                option = word.to_owned();
                continue;
            }
            match option.as_str() {
                "--data" => asked.data.push(argument.into()),
                "--vault" => asked.vaults.push(argument.into()),
                "--id" => asked.ids.push(argument.to_str()?.parse().ok()?),
                "--find" => asked.texts.push(argument.into_string().ok()?),
                _ => return None,
            }
        }
        let known = ["--data", "--vault", "--id", "--find", "--print"].contains(&option.as_str());
        (known && !asked.data.is_empty()).then_some(asked)
    }
}

fn dig(asked: &Asked) -> io::Result<Found> {
    let mut dig = Dig::new();
    for folder in &asked.data {
        dig.data(folder)?;
    }
    for folder in &asked.vaults {
        dig.vault(folder)?;
    }
    for id in &asked.ids {
        dig.suppose(*id);
    }
    Ok(dig.finish())
}

fn report(asked: &Asked, found: &Found, out: &mut dyn Write) -> io::Result<()> {
    let counts = &found.counts;
    writeln!(
        out,
        "files {}, local parts {}, damaged {}",
        counts.files, counts.locals, counts.locals_damaged
    )?;
    writeln!(out, "server's keys {}, opened {}", counts.server_keys, found.server_keys.len())?;
    writeln!(out, "engine folders opened {}, refused {}", counts.engines, counts.engines_refused)?;
    writeln!(
        out,
        "vaults {}, pages {}, shares {}, damaged {}",
        counts.vaults, counts.vault_pages, counts.shares, counts.vault_damage
    )?;
    writeln!(
        out,
        "versions of rows {}, opened {}, not carved {}, compressed blocks {}",
        counts.rows, counts.rows_opened, counts.rows_not_carved, counts.blocks_compressed
    )?;
    writeln!(out, "owners {}, found out {}", counts.owners, counts.owners_known)?;
    writeln!(out, "sheets {}, pages {}, nodes {}", counts.sheets, counts.pages, counts.nodes)?;
    let mut tables: BTreeMap<(&str, u16), usize> = BTreeMap::new();
    for row in &found.opened {
        *tables.entry((kind(row.owner), row.table)).or_default() += 1;
    }
    for ((kind, table), rows) in tables {
        writeln!(out, "opened of {kind}, table {table:#06x}: {rows}")?;
    }
    for text in &asked.texts {
        writeln!(out, "rows with {text:?}: {}", found.with(text.as_bytes()).count())?;
    }
    if asked.print {
        for row in &found.opened {
            writeln!(out, "{:?} {:#06x} {}", row.owner, row.table, hex(&row.plaintext))?;
        }
    }
    Ok(())
}

fn kind(owner: Owner) -> &'static str {
    match owner {
        Owner::Box(_) => "boxes",
        Owner::Device(_) => "devices",
        Owner::Directory(_) => "the directory",
        Owner::System => "the system",
        Owner::Unknown => "somebody unknown",
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
