//! Look-ups by id and name, and values put together by name.

use ids::Layer;
use tl::schema::{self, Value, ValueError, encode, encode_answer};
use tl::{Decode, Encode, Function};

use crate::history::{CANONICAL, HISTORY};
use crate::notation::text;

fn object(name: &str, fields: &[(&str, Value)]) -> Value {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Value::Object { name: name.to_owned(), fields }
}

fn rendered(value: &Value) -> Result<String, ValueError> {
    let mut out = Vec::new();
    encode(value, &mut out).map(|()| text(230, "", &out))
}

#[test]
fn every_version_is_found_by_id_and_by_name() {
    for def in &HISTORY.defs {
        let version = schema::by_id(def.id).unwrap();
        assert_eq!((version.name(), version.is_method()), (def.name.as_str(), def.function));
        assert_eq!(version.result(), def.result);
        let fields: Vec<(String, bool)> = version
            .fields()
            .map(|field| (format!("{}:{}", field.name, field.ty), field.is_optional))
            .collect();
        let written = def.fields.iter().filter(|(_, ty)| ty != "#").map(|(name, ty)| {
            let (is_optional, ty) = ty.split_once('?').map_or((false, ty.as_str()), |(_, ty)| (true, ty));
            (format!("{name}:{}", ty.trim_start_matches('!')), is_optional)
        });
        assert_eq!(fields, written.collect::<Vec<_>>());
    }
    for layer in HISTORY.layers() {
        for def in HISTORY.at(layer).values() {
            assert_eq!(schema::by_name(&def.name, Layer(layer)).unwrap().id(), def.id);
        }
    }
    assert!(schema::by_id(0x1234_5678).is_none());
    assert!(schema::by_name("messages.sendMessages", Layer(230)).is_none());
    assert!(schema::by_name("messages.sendMessage", Layer(142)).is_none());
}

#[test]
fn the_canonical_methods_are_all_there() {
    let methods: Vec<_> = schema::methods().collect();
    assert_eq!(methods.len(), CANONICAL.values().filter(|def| def.function).count());
    assert!(methods.iter().any(|method| method.id() == tl::messages::SendMessage::ID));
    let old = schema::by_name("messages.sendMessage", Layer(158)).unwrap();
    assert!(!old.is_canonical() && old.is_in(Layer(158)));
    assert_eq!(old.canonical().unwrap().id(), tl::messages::SendMessage::ID);
}

#[test]
fn a_value_needs_only_what_matters() {
    let stickers = object("messages.allStickers", &[("hash", Value::Int(0))]);
    assert_eq!(rendered(&stickers).unwrap(), "messages.allStickers");
    let user =
        object("user", &[("id", Value::Int(7)), ("self", Value::Bool(true)), ("bot", Value::Bool(false))]);
    assert_eq!(rendered(&user).unwrap(), "user{self:true id:7}");
    // Required fields of other types take the plainest constructor.
    assert_eq!(rendered(&object("channel", &[])).unwrap(), "channel{photo:chatPhotoEmpty}",);
    let mut bytes = Vec::new();
    encode(&object("nearestDc", &[("this_dc", Value::Int(2))]), &mut bytes).unwrap();
    assert!(matches!(tl::NearestDc::from_bytes(&bytes), Ok(tl::NearestDc::NearestDc { this_dc: 2, .. })));
}

#[test]
fn an_answer_has_the_type_of_its_method() {
    let mut out = Vec::new();
    let method = |name| schema::by_name(name, Layer(230)).unwrap();
    encode_answer(method("account.updateStatus"), &Value::Bool(true), &mut out).unwrap();
    assert_eq!(out, true.to_bytes());
    out.clear();
    encode_answer(method("messages.getDialogUnreadMarks"), &Value::List(Vec::new()), &mut out).unwrap();
    assert_eq!(out, Vec::<i32>::new().to_bytes());
    let wrong = encode_answer(method("account.updateStatus"), &object("user", &[]), &mut out);
    assert_eq!(wrong, Err(ValueError::WrongKind));
    let id = schema::by_name("user", Layer(230)).unwrap().id();
    let wrong = encode_answer(method("help.getConfig"), &object("user", &[]), &mut out);
    assert_eq!(wrong, Err(ValueError::WrongType { id }));
}

#[test]
fn mistakes_in_values_are_told() {
    let refused = |value: Value| rendered(&value).unwrap_err();
    assert_eq!(refused(object("usr", &[])), ValueError::UnknownConstructor);
    assert_eq!(refused(Value::Int(1)), ValueError::WrongKind);
    let user = schema::by_name("user", Layer(230)).unwrap().id();
    assert_eq!(refused(object("user", &[("nam", Value::Int(1))])), ValueError::UnknownField { id: user });
    assert_eq!(refused(object("user", &[("id", Value::Text("1".into()))])), ValueError::WrongKind);
    assert_eq!(refused(object("nearestDc", &[("this_dc", Value::Int(1 << 40))])), ValueError::OutOfRange);
    let half = object("messageFwdHeader", &[("saved_from_msg_id", Value::Int(1))]);
    assert!(matches!(refused(half), ValueError::HalfGroup { .. }));
    let mut nested = object("textEmpty", &[]);
    for _ in 0..20 {
        nested = object("textBold", &[("text", nested)]);
    }
    assert_eq!(refused(nested), ValueError::TooDeep);
}
