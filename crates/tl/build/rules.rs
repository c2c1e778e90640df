//! `rules.txt`: what the names and types of two versions do not tell.

use std::collections::{BTreeMap, BTreeSet};

/// Fields of some constructors that became others.
pub(crate) struct FieldRule {
    pub(crate) names: Vec<String>,
    pub(crate) old: Vec<String>,
    pub(crate) new: Vec<String>,
    pub(crate) bridge: Option<String>,
}

#[derive(Default)]
pub(crate) struct Rules {
    pub(crate) aliases: BTreeMap<String, String>,
    pub(crate) successors: BTreeMap<String, String>,
    pub(crate) retypes: BTreeMap<(String, String), String>,
    pub(crate) fields: Vec<FieldRule>,
    pub(crate) lost: BTreeSet<(String, String)>,
    pub(crate) fills: BTreeMap<(String, String), String>,
    pub(crate) needs: BTreeSet<(String, String)>,
    pub(crate) objects: BTreeMap<String, String>,
    pub(crate) instead: BTreeMap<String, String>,
}

/// Reads the rules; a line that is not understood stops the build.
pub(crate) fn parse(text: &str) -> Rules {
    let mut rules = Rules::default();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        rules.add(&words).unwrap_or_else(|| panic!("rules.txt: not understood: {line}"));
    }
    rules
}

impl Rules {
    fn add(&mut self, words: &[&str]) -> Option<()> {
        match words {
            ["alias", old, new] => none(self.aliases.insert((*old).into(), (*new).into())),
            ["become", old, new] => none(self.successors.insert((*old).into(), (*new).into())),
            ["retype", old, new, bridge] => {
                none(self.retypes.insert(((*old).into(), (*new).into()), (*bridge).into()))
            }
            ["instead", ty, constructor] => none(self.instead.insert((*ty).into(), (*constructor).into())),
            ["field", names, old, new, bridge @ ..] => {
                let bridge = match bridge {
                    [] => None,
                    [bridge] => Some((*bridge).to_owned()),
                    _ => return None,
                };
                self.fields.push(FieldRule { names: list(names), old: list(old), new: list(new), bridge });
                Some(())
            }
            ["fill", names, field, constructor] => {
                each(names, |name| none(self.fills.insert((name, (*field).into()), (*constructor).into())))
            }
            ["lose", names, fields] => {
                each(names, |name| each(fields, |field| first(self.lost.insert((name.clone(), field)))))
            }
            ["need", names, field] => each(names, |name| first(self.needs.insert((name, (*field).into())))),
            ["object", names, bridge] => {
                each(names, |name| none(self.objects.insert(name, (*bridge).into())))
            }
            _ => None,
        }
    }

    /// The name that a type has in the canonical layer.
    pub(crate) fn alias<'a>(&'a self, name: &'a str) -> &'a str {
        self.aliases.get(name).map_or(name, String::as_str)
    }
}

fn list(words: &str) -> Vec<String> {
    words.split(',').map(str::to_owned).collect()
}

fn each(words: &str, mut action: impl FnMut(String) -> Option<()>) -> Option<()> {
    list(words).into_iter().try_for_each(&mut action)
}

/// A rule that is given twice is a mistake.
fn none<T>(previous: Option<T>) -> Option<()> {
    if previous.is_none() { Some(()) } else { None }
}

fn first(inserted: bool) -> Option<()> {
    inserted.then_some(())
}
