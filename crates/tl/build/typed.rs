//! Rust code for types and functions: an enum per type, a struct per function and per large constructor.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::body;
use crate::names::{camel, lower_camel, screaming};
use crate::plain::plainest;
use crate::reach::Picture;
use crate::schema::{Def, Ty, namespace};
use crate::shape::Shape;

/// Everything the emitters need to know.
pub(crate) struct Emitter<'a> {
    /// Path of the generated module, as in `crate::mt`.
    pub(crate) root: &'a str,
    pub(crate) picture: &'a Picture<'a>,
    pub(crate) shape: Shape,
    plainest: BTreeMap<&'a str, &'a Def>,
    /// Types whose name a function has taken in Rust.
    taken: BTreeSet<String>,
    /// Constructors that appear without their id.
    bare: BTreeSet<String>,
}

/// The code of a module at `root` that holds all of `picture`, a Rust module for each namespace. Fields of a variant
/// that take more than `inline_bytes_max` go behind a box.
pub(crate) fn emit(root: &str, picture: &Picture<'_>, inline_bytes_max: usize) -> String {
    let emitter = Emitter::new(root, picture, inline_bytes_max);
    let mut modules: BTreeMap<&str, String> = BTreeMap::new();
    let mut fields: BTreeMap<&str, String> = BTreeMap::new();
    for (name, ctors) in &picture.types {
        emitter.enumeration(name, ctors, modules.entry(namespace(name)).or_default());
        for ctor in ctors.iter().filter(|ctor| emitter.shape.is_boxed(ctor)) {
            emitter.fields_struct(name, ctor, fields.entry(ctor.namespace()).or_default());
        }
    }
    for function in &picture.functions {
        emitter.function(function, modules.entry(function.namespace()).or_default());
    }
    let mut code = String::new();
    nest(&mut code, &modules, |namespace| format!("The types and methods of `{namespace}.`"));
    if !fields.is_empty() {
        code += "/// The fields of constructors that are too large to hold them inline.\npub mod fields {\n";
        nest(&mut code, &fields, |namespace| format!("Fields of constructors of `{namespace}.`"));
        code += "}\n";
    }
    emitter.ids(&mut code);
    code
}

/// Macros that hand every typed type and method to another macro: its name, its path here and in grammers-tl-types. The
/// tests walk through all of them so.
pub(crate) fn list(picture: &Picture<'_>) -> String {
    let line = |name: &str, theirs: &str| {
        let place = namespace(name);
        let place = if place.is_empty() { String::new() } else { format!("{place}::") };
        let (ours, rest) = (camel(name), lower_camel(name));
        format!("$each!({name:?}, ::tl::{place}{ours}, ::grammers_tl_types::{theirs}::{place}{rest});\n")
    };
    let types: String = picture.types.keys().map(|name| line(name, "enums")).collect();
    let plain = picture.functions.iter().filter(|f| f.fields.iter().all(|field| field.ty != Ty::Rest));
    let methods: String = plain.map(|function| line(&function.name, "functions")).collect();
    format!(
        "macro_rules! typed_types {{ ($each:ident) => {{\n{types}}} }}
        macro_rules! typed_methods {{ ($each:ident) => {{\n{methods}}} }}\n"
    )
}

/// Appends the code of the empty namespace as it is and each other in a module of its own.
fn nest(code: &mut String, modules: &BTreeMap<&str, String>, doc: impl Fn(&str) -> String) {
    for (namespace, body) in modules {
        if namespace.is_empty() {
            *code += "use crate::codec::{Decode, DecodeError, Encode, Reader};\n";
            *code += body;
        } else {
            let _ = writeln!(code, "/// {}\npub mod {namespace} {{", doc(namespace));
            *code += "use crate::codec::{Decode, DecodeError, Encode, Reader};\n";
            *code += body;
            *code += "}\n";
        }
    }
}

impl<'a> Emitter<'a> {
    fn new(root: &'a str, picture: &'a Picture<'a>, inline_bytes_max: usize) -> Self {
        let functions: BTreeSet<String> =
            picture.functions.iter().map(|f| format!("{}.{}", f.namespace(), camel(&f.name))).collect();
        let taken = picture
            .types
            .keys()
            .filter(|name| functions.contains(&format!("{}.{}", namespace(name), camel(name))))
            .map(|name| (*name).to_owned())
            .collect();
        let defs = picture.types.values().flatten().chain(&picture.functions);
        let bare = defs.flat_map(|def| &def.fields).filter_map(|field| bare_name(&field.ty)).collect();
        Self {
            root,
            picture,
            shape: Shape::of(picture, inline_bytes_max),
            plainest: plainest(&picture.types),
            taken,
            bare,
        }
    }

    /// The Rust name of a type, without its module.
    fn type_name(&self, name: &str) -> String {
        let suffix = if self.taken.contains(name) { "Result" } else { "" };
        camel(name) + suffix
    }

    /// The Rust path of a type of the schema.
    fn path(&self, name: &str) -> String {
        match namespace(name) {
            "" => format!("{}::{}", self.root, self.type_name(name)),
            namespace => format!("{}::{namespace}::{}", self.root, self.type_name(name)),
        }
    }

    fn fields_path(&self, ctor: &Def) -> String {
        match ctor.namespace() {
            "" => format!("{}::fields::{}", self.root, camel(&ctor.name)),
            namespace => format!("{}::fields::{namespace}::{}", self.root, camel(&ctor.name)),
        }
    }

    /// The Rust type of a value of `ty`; `owner` is the type whose inline variant holds it, if one does.
    pub(crate) fn rust_type(&self, ty: &Ty, owner: Option<&str>) -> String {
        match ty {
            Ty::Flags(_) => "u32".to_owned(),
            Ty::True | Ty::Bool => "bool".to_owned(),
            Ty::Int => "i32".to_owned(),
            Ty::Long => "i64".to_owned(),
            Ty::Double => "f64".to_owned(),
            Ty::Int128 => "[u8; 16]".to_owned(),
            Ty::Int256 => "[u8; 32]".to_owned(),
            Ty::String => "String".to_owned(),
            Ty::Bytes => "Vec<u8>".to_owned(),
            Ty::Rest => "crate::codec::Raw".to_owned(),
            Ty::Boxed(name) if owner.is_some_and(|owner| self.shape.is_cyclic(owner, name)) => {
                format!("Box<{}>", self.path(name))
            }
            Ty::Boxed(name) => self.path(name),
            Ty::Bare(name) => self.path(self.type_of_ctor(name)),
            Ty::Vector(item) | Ty::BareVector(item) => format!("Vec<{}>", self.rust_type(item, None)),
        }
    }

    fn type_of_ctor(&self, ctor: &str) -> &str {
        let found = self.picture.types.iter().find(|(_, ctors)| ctors.iter().any(|c| c.name == ctor));
        found.map_or("", |(name, _)| name)
    }

    fn enumeration(&self, name: &str, ctors: &[&Def], code: &mut String) {
        let rust = self.type_name(name);
        let _ = writeln!(code, "/// Type `{name}`.\n#[derive(Clone)]\npub enum {rust} {{");
        for ctor in ctors {
            let variant = camel(&ctor.name);
            let _ = writeln!(code, "/// Constructor `{}#{:08x}`.", ctor.name, ctor.id);
            if self.shape.is_boxed(ctor) {
                let _ = writeln!(code, "{variant}(Box<{}>),", self.fields_path(ctor));
            } else {
                let _ = writeln!(code, "{variant}{},", braces(&self.declare(ctor, Some(name), "")));
            }
        }
        *code += "}\n";
        self.encode_enumeration(&rust, ctors, code);
        self.decode_enumeration(name, &rust, ctors, code);
        if let Some(plain) = self.plainest.get(name) {
            self.default_enumeration(&rust, plain, code);
        }
        if let [ctor] = ctors
            && self.bare.contains(&ctor.name)
        {
            self.bare_constructor(&rust, ctor, code);
        }
    }

    fn encode_enumeration(&self, rust: &str, ctors: &[&Def], code: &mut String) {
        let _ =
            writeln!(code, "impl Encode for {rust} {{ fn encode(&self, sink: &mut Vec<u8>) {{ match self {{");
        for ctor in ctors {
            let variant = camel(&ctor.name);
            if self.shape.is_boxed(ctor) {
                let _ = writeln!(
                    code,
                    "Self::{variant}(body) => {{ 0x{:08x}_u32.encode(sink); body.write(sink); }}",
                    ctor.id
                );
            } else {
                let names = body::names(ctor).join(", ");
                let _ =
                    writeln!(code, "Self::{variant} {{ {names} }} => {{ 0x{:08x}_u32.encode(sink);", ctor.id);
                body::write(ctor, "", code);
                *code += "}\n";
            }
        }
        *code += "} } }\n";
    }

    fn decode_enumeration(&self, name: &str, rust: &str, ctors: &[&Def], code: &mut String) {
        let min = self.shape.min_bytes(&Ty::Boxed(name.to_owned()));
        let _ = writeln!(code, "impl Decode for {rust} {{ const MIN_BYTES: usize = {min};");
        *code += "fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {\n";
        *code += "let id = reader.open()?;\nlet value = match id {\n";
        for ctor in ctors {
            let function = screaming(&ctor.name).to_ascii_lowercase();
            let _ = writeln!(code, "0x{:08x} => Self::read_{function}(reader),", ctor.id);
        }
        *code += "_ => Err(DecodeError::UnknownConstructor { id }),\n};\nreader.close();\nvalue } }\n";
        let _ = writeln!(code, "impl {rust} {{");
        for ctor in ctors {
            let function = screaming(&ctor.name).to_ascii_lowercase();
            let variant = camel(&ctor.name);
            let reader = if ctor.fields.is_empty() { "_" } else { "reader" };
            let _ = writeln!(
                code,
                "fn read_{function}({reader}: &mut Reader<'_>) -> Result<Self, DecodeError> {{"
            );
            if self.shape.is_boxed(ctor) {
                let _ = writeln!(
                    code,
                    "Ok(Self::{variant}(Box::new({}::read(reader)?)))",
                    self.fields_path(ctor)
                );
            } else {
                body::read(self, ctor, Some(name), code);
                let _ = writeln!(code, "Ok(Self::{variant}{})", braces(&body::names(ctor).join(", ")));
            }
            *code += "}\n";
        }
        *code += "}\n";
    }

    fn default_enumeration(&self, rust: &str, plain: &Def, code: &mut String) {
        let variant = camel(&plain.name);
        let _ = writeln!(code, "impl Default for {rust} {{ fn default() -> Self {{");
        if self.shape.is_boxed(plain) {
            let _ = writeln!(code, "Self::{variant}(Box::default())");
        } else {
            let fields = body::names(plain)
                .iter()
                .map(|name| format!("{name}: Default::default(), "))
                .collect::<String>();
            let _ = writeln!(code, "Self::{variant}{}", braces(&fields));
        }
        *code += "} }\n";
    }

    /// Reading and writing without the id, for bare vectors.
    fn bare_constructor(&self, rust: &str, ctor: &Def, code: &mut String) {
        let variant = camel(&ctor.name);
        let names = body::names(ctor).join(", ");
        let function = screaming(&ctor.name).to_ascii_lowercase();
        let min = self.shape.min_body(ctor);
        let _ = writeln!(
            code,
            "impl {rust} {{ pub(crate) const MIN_BARE_BYTES: usize = {min};
            pub(crate) fn write_bare(&self, sink: &mut Vec<u8>) {{ let Self::{variant} {{ {names} }} = self;"
        );
        body::write(ctor, "", code);
        let _ = writeln!(
            code,
            "}} pub(crate) fn read_bare(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {{
            Self::read_{function}(reader) }} }}"
        );
    }

    fn fields_struct(&self, name: &str, ctor: &Def, code: &mut String) {
        let rust = camel(&ctor.name);
        let derive = if self.has_default(ctor) { "Clone, Default" } else { "Clone" };
        let _ = writeln!(
            code,
            "/// Fields of `{}#{:08x}`.\n#[derive({derive})]\npub struct {rust} {{ {} }}",
            ctor.name,
            ctor.id,
            self.declare(ctor, None, "pub ")
        );
        let _ = writeln!(code, "impl {rust} {{ pub(crate) fn write(&self, sink: &mut Vec<u8>) {{");
        body::write(ctor, "self.", code);
        *code += "}\npub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {\n";
        body::read(self, ctor, None, code);
        let _ = writeln!(code, "Ok(Self {{ {} }}) }} }}", body::names(ctor).join(", "));
        let path = self.path(name);
        let _ = writeln!(
            code,
            "impl From<{rust}> for {path} {{ fn from(body: {rust}) -> Self {{ Self::{rust}(Box::new(body)) }} }}"
        );
    }

    fn function(&self, def: &Def, code: &mut String) {
        let rust = camel(&def.name);
        let derive = if self.has_default(def) { "Clone, Default" } else { "Clone" };
        let _ = writeln!(
            code,
            "/// Method `{}#{:08x}`.\n#[derive({derive})]\npub struct {rust} {{ {} }}",
            def.name,
            def.id,
            self.declare(def, None, "pub ")
        );
        let _ = writeln!(
            code,
            "impl Encode for {rust} {{ fn encode(&self, sink: &mut Vec<u8>) {{ 0x{:08x}_u32.encode(sink);",
            def.id
        );
        body::write(def, "self.", code);
        let min = 4 + self.shape.min_body(def);
        let _ = writeln!(
            code,
            "}} }}\nimpl Decode for {rust} {{ const MIN_BYTES: usize = {min};
            fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {{ reader.expect_id(0x{:08x})?;",
            def.id
        );
        body::read(self, def, None, code);
        let _ = writeln!(code, "Ok(Self {{ {} }}) }} }}", body::names(def).join(", "));
        let _ = writeln!(
            code,
            "impl crate::codec::Function for {rust} {{ const ID: u32 = 0x{:08x}; const NAME: &'static str = \"{}\";
            type Result = {}; }}",
            def.id,
            def.name,
            self.rust_type(&def.result, None)
        );
    }

    fn has_default(&self, def: &Def) -> bool {
        let mut required = def.fields.iter().filter(|field| field.flag.is_none());
        required.all(|field| {
            if let Ty::Boxed(name) = &field.ty { self.plainest.contains_key(name.as_str()) } else { true }
        })
    }

    /// The fields as declarations, each with `visibility` before it.
    fn declare(&self, def: &Def, owner: Option<&str>, visibility: &str) -> String {
        let mut out = String::new();
        for (field, name) in body::visible(def).zip(body::names(def)) {
            let ty = self.rust_type(&field.ty, owner);
            let ty = if body::is_option(field) { format!("Option<{ty}>") } else { ty };
            let _ = write!(out, "{visibility}{name}: {ty}, ");
        }
        out
    }

    /// A constant for the id of each constructor.
    fn ids(&self, code: &mut String) {
        *code += "/// The ids of the constructors.\npub mod id {\n";
        for ctor in self.picture.types.values().flatten() {
            let _ = writeln!(
                code,
                "/// `{}`\npub const {}: u32 = 0x{:08x};",
                ctor.name,
                screaming(&ctor.name),
                ctor.id
            );
        }
        *code += "}\n";
    }
}

/// The fields of a variant; one without fields has no braces.
fn braces(fields: &str) -> String {
    if fields.is_empty() { String::new() } else { format!(" {{ {fields} }}") }
}

fn bare_name(ty: &Ty) -> Option<String> {
    if let Ty::Vector(item) | Ty::BareVector(item) = ty {
        bare_name(item)
    } else if let Ty::Bare(name) = ty {
        Some(name.clone())
    } else {
        None
    }
}
