//! Every id is the CRC-32 of its own line, so a slip in the schema cannot hide.
//!
//! What the sum is taken of (<https://core.telegram.org/mtproto/TL-formal>): the line without its id, bare `true` flags,
//! brackets and braces; `bytes` counts as `string`; a query's type stands before it as `X:Type`.

use crate::history::HISTORY;

fn normal(line: &str) -> String {
    let mut words = Vec::new();
    for word in line.split_whitespace() {
        let word = word
            .split_once('#')
            .filter(|(name, id)| !name.ends_with(':') && id.len() == 8)
            .map_or(word, |(name, _)| name);
        if word.ends_with("?true") {
            continue;
        }
        let word = match word.strip_suffix("bytes") {
            Some(place) if place.ends_with([':', '?']) => format!("{place}string"),
            _ => word.to_owned(),
        };
        words.push(word.replace('<', " ").replace('>', ""));
        if words.len() == 1 && line.contains(":!X") {
            words.push("X:Type".to_owned());
        }
    }
    words.join(" ")
}

#[test]
fn every_id_of_the_api_is_the_sum_of_its_line() {
    assert_eq!(HISTORY.defs.len(), 3269);
    for def in &HISTORY.defs {
        let normal = normal(&def.line);
        assert_eq!(crc32fast::hash(normal.as_bytes()), def.id, "{normal}");
    }
}

#[test]
fn every_id_of_the_service_layer_is_the_sum_of_its_line() {
    let text = include_str!("../../schema/mtproto.tl");
    let lines = text.lines().filter(|line| line.contains('#') && !line.starts_with("//"));
    let mut checked = 0;
    for line in lines {
        let (name, rest) = line.split_once('#').unwrap();
        let id = u32::from_str_radix(&rest[..8], 16).unwrap();
        let sum = crc32fast::hash(normal(line).as_bytes());
        assert_eq!(sum, id, "{name}: {}", normal(line));
        checked += 1;
    }
    assert_eq!(checked, 47);
}
