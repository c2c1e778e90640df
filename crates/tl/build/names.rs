//! Names of the schema as names of Rust.

/// What cannot be a plain identifier; `self` cannot even be a raw one.
const KEYWORDS: [&str; 12] =
    ["type", "final", "static", "ref", "loop", "move", "for", "in", "match", "abstract", "do", "where"];

/// `messages.sendMessage` and `p_q_inner_data` as `SendMessage` and `PQInnerData`.
pub(crate) fn camel(name: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    last.split('_').map(capital).collect()
}

fn capital(part: &str) -> String {
    let mut chars = part.chars();
    chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}

/// As [`camel`], with only the first of several capitals kept: `JSONValue` as `Jsonvalue`.
pub(crate) fn lower_camel(name: &str) -> String {
    let mut after_capital = false;
    let keep = |c: char| {
        let lowered = if after_capital { c.to_ascii_lowercase() } else { c };
        after_capital = c.is_ascii_uppercase();
        lowered
    };
    camel(name).chars().map(keep).collect()
}

/// `messages.sendMessage` as `MESSAGES_SEND_MESSAGE`.
pub(crate) fn screaming(name: &str) -> String {
    let mut out = String::new();
    let mut lower = false;
    for c in name.chars() {
        if c == '.' || c == '_' {
            out.push('_');
            lower = false;
            continue;
        }
        if c.is_ascii_uppercase() && lower {
            out.push('_');
        }
        lower = !c.is_ascii_uppercase();
        out.push(c.to_ascii_uppercase());
    }
    out
}

/// A field's name, raw where it is a keyword; `self` becomes `self_`.
pub(crate) fn field(name: &str) -> String {
    if name == "self" {
        "self_".to_owned()
    } else if KEYWORDS.contains(&name) {
        format!("r#{name}")
    } else {
        name.to_owned()
    }
}
