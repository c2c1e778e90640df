//! Every line of the stubs is an answer that the schema allows and a client can act on.

use toml::Value;

use crate::{
    finding::Finding,
    inventory::Inventory,
    schema::{Def, Ty},
    stubs::{PATH, Stub},
};

/// Final refusals. 401 would log the client out, 420 and 5xx make it call again for ever, 303 sends it away.
const FINAL: [&str; 4] = ["400", "403", "404", "406"];

pub(super) fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let stubs = &inventory.stubs;
    let mut findings = Vec::new();
    if let Err(why) = error(&stubs.gone) {
        findings.push(Finding::new(PATH, 1, format!("`gone` {why}")));
    }
    for name in &stubs.open {
        if !stubs.lines.contains_key(name) {
            findings.push(Finding::new(PATH, 1, format!("opens {name}, which has no line")));
        }
    }
    let methods = inventory.methods();
    let mut last = 0;
    for method in methods {
        let Some(stub) = stubs.lines.get(&method.name) else { continue };
        if stub.line < last {
            findings.push(Finding::new(PATH, stub.line, format!("{} is out of order", method.name)));
        }
        last = last.max(stub.line);
        if let Err(why) = answer(inventory, method, stub) {
            findings.push(Finding::new(PATH, stub.line, format!("{}: {why}", method.name)));
        }
    }
    findings
}

fn answer(inventory: &Inventory<'_>, method: &Def, stub: &Stub<'_>) -> Result<(), String> {
    match stub.error() {
        Some(text) => error(text),
        None => value(inventory, &method.result, &stub.value),
    }
}

fn error(text: &str) -> Result<(), String> {
    let (code, message) = text.split_once(' ').ok_or("is not \"CODE MESSAGE\"")?;
    let plain = message.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if message.is_empty() || !plain {
        return Err(format!("{message:?} is no message: capitals, digits and underscores"));
    }
    if !FINAL.contains(&code) {
        return Err(format!("{code} is no final refusal, which is one of {}", FINAL.join(", ")));
    }
    Ok(())
}

/// Whether `value` can be written as `ty`.
fn value(inventory: &Inventory<'_>, ty: &Ty, value: &Value) -> Result<(), String> {
    let fits = match (ty, value) {
        (Ty::Bool, Value::Boolean(_)) | (Ty::True, Value::Boolean(true)) => true,
        (Ty::Int, Value::Integer(number)) => i32::try_from(*number).is_ok(),
        (Ty::Int, Value::String(date)) => {
            date.strip_prefix("now+").is_some_and(|seconds| seconds.parse::<u32>().is_ok())
        }
        (Ty::Long, Value::Integer(_)) => true,
        (Ty::Double, Value::Float(_)) => true,
        (Ty::String | Ty::Bytes, Value::String(_)) => true,
        (Ty::Vector(item) | Ty::BareVector(item), Value::Array(values)) => {
            return values.iter().try_for_each(|one| self::value(inventory, item, one));
        }
        (Ty::Boxed(name), Value::Table(fields)) => return object(inventory, name, fields),
        _ => false,
    };
    fits.then_some(()).ok_or_else(|| format!("{value} is no {}", ty.text()))
}

fn object(inventory: &Inventory<'_>, ty: &str, fields: &toml::Table) -> Result<(), String> {
    let name = fields.get("_").and_then(Value::as_str).ok_or("an object has no `_`, its constructor")?;
    let makes_ty = |def: &&Def| def.name == name && def.result == Ty::Boxed(ty.to_owned());
    let def = inventory.constructors().find(makes_ty).ok_or_else(|| format!("{name} makes no {ty}"))?;
    for (field, value) in fields.iter().filter(|(field, _)| *field != "_") {
        let known = def.fields.iter().find(|known| known.name == *field && !matches!(known.ty, Ty::Flags(_)));
        let known = known.ok_or_else(|| format!("{name} has no field {field}"))?;
        self::value(inventory, &known.ty, value).map_err(|why| format!("{field}: {why}"))?;
    }
    let objects = def.fields.iter().filter(|field| field.flag.is_none() && matches!(field.ty, Ty::Boxed(_)));
    match objects.into_iter().find(|field| !fields.contains_key(&field.name)) {
        Some(field) => Err(format!("{name} needs its field {}, an object", field.name)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::{
        inventory::{Inventory, sample},
        stubs::PATH,
    };

    fn found(gone: &str, open: &str, list: &str) -> Vec<String> {
        let text =
            format!("gone = \"{gone}\"\nopen = [{open}]\n\"a.getList\" = {list}\n\"a.isOn\" = false\n");
        let tree = sample::tree(&[(PATH, &text)]);
        let findings = check(&Inventory::read(&tree).unwrap());
        findings.iter().map(|finding| finding.to_string().replace("crates/api/stubs.toml:", "")).collect()
    }

    fn list(value: &str) -> String {
        found("400 GONE", "", value).join("; ").replace("3: a.getList: ", "")
    }

    #[test]
    fn what_the_schema_allows_is_accepted() {
        for good in [
            "{ _ = \"a.list\" }",
            "{ _ = \"a.list\", hash = 5, items = [{ _ = \"item\", id = 1 }] }",
            "{ _ = \"a.page\", next = \"x\", head = { _ = \"item\" }, until = \"now+60\" }",
            "\"406 NOT_HERE_2\"",
        ] {
            assert_eq!(list(good), "", "{good}");
        }
    }

    #[test]
    fn what_it_does_not_allow_is_found() {
        for (bad, why) in [
            ("true", "true is no a.List"),
            ("{ _ = \"item\" }", "item makes no a.List"),
            ("{ hash = 1 }", "an object has no `_`, its constructor"),
            ("{ _ = \"a.list\", hush = 1 }", "a.list has no field hush"),
            ("{ _ = \"a.list\", hash = \"x\" }", "hash: \"x\" is no long"),
            ("{ _ = \"a.list\", items = [1] }", "items: 1 is no Item"),
            ("{ _ = \"a.list\", items = [{ _ = \"itemOld\" }] }", "items: itemOld makes no Item"),
            ("{ _ = \"a.page\" }", "a.page needs its field head, an object"),
            ("{ _ = \"a.page\", flags = 1, head = { _ = \"item\" } }", "a.page has no field flags"),
            (
                "{ _ = \"a.page\", head = { _ = \"item\" }, count = 3000000000 }",
                "count: 3000000000 is no int",
            ),
            ("\"INPUT_METHOD_INVALID\"", "is not \"CODE MESSAGE\""),
            ("\"400 Input\"", "\"Input\" is no message: capitals, digits and underscores"),
            ("\"500 OOPS\"", "500 is no final refusal, which is one of 400, 403, 404, 406"),
            ("\"401 AUTH\"", "401 is no final refusal, which is one of 400, 403, 404, 406"),
        ] {
            assert_eq!(list(bad), why, "{bad}");
        }
    }

    #[test]
    fn the_head_is_checked_too() {
        assert_eq!(found("GONE", "", "[]")[0], "1: `gone` is not \"CODE MESSAGE\"");
        assert_eq!(found("400 GONE", "\"b.doIt\"", "\"400 X\""), ["1: opens b.doIt, which has no line"]);
    }

    #[test]
    fn lines_out_of_order_are_found() {
        let text = "gone = \"400 X\"\nopen = []\n\"a.isOn\" = false\n\"a.getList\" = \"400 X\"\n";
        let tree = sample::tree(&[(PATH, text)]);
        let findings = check(&Inventory::read(&tree).unwrap());
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].to_string(), "crates/api/stubs.toml:3: a.isOn is out of order");
    }
}
