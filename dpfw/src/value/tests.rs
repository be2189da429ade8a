//! Values and Rust types: the table of the module, row by row.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    F64Vector, Symbol, Value, ValueError, ValueErrorKind,
    arbitrary::{text_values, values},
    decode, encode, from_value, to_value,
};

fn value(text: &str) -> Value {
    text.parse().unwrap()
}

/// Checks what `data` becomes, and that it comes back: as it is, and after a journey as bytes and as text.
#[track_caller]
fn becomes<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(data: T, text: &str) {
    let made = to_value(&data).unwrap();
    assert_eq!(made.to_string(), text);
    let mut bytes = bytes::BytesMut::new();
    encode(&made, &mut bytes).unwrap();
    assert_eq!(decode(&mut bytes.freeze()).as_ref(), Ok(&made));
    assert_eq!(from_value::<T>(value(text)).as_ref(), Ok(&data));
    assert_eq!(from_value::<T>(made), Ok(data));
}

#[track_caller]
fn refuses<T: DeserializeOwned + std::fmt::Debug>(text: &str, message: &str) {
    assert_eq!(from_value::<T>(value(text)).unwrap_err().to_string(), message);
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Unit;

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Meters(f64);

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Pair(i32, String);

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Point {
    x: i32,
    y: Option<i32>,
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    Empty,
    Circle(i32),
    Line(i32, i32),
    Box { width: i32, tags: Vec<String> },
    Group(Vec<Self>),
    Named(BTreeMap<String, Self>),
    Other(Option<Box<Self>>),
    Unit(Unit),
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
#[serde(tag = "kind")]
enum Tagged {
    Plain,
    Point(Point),
    Scene { shape: Shape, at: Point, list: Vec<i32> },
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
#[serde(tag = "kind", content = "content")]
enum Adjacent {
    Plain,
    Point(Point),
    Line(i32, i32),
    Scene { shape: Shape },
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
#[serde(untagged)]
enum Untagged {
    Number(i64),
    Text(String),
    Point(Point),
    Scene { shape: Shape, more: Vec<Point> },
    List(Vec<f64>),
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Flat {
    name: String,
    #[serde(flatten)]
    point: Point,
    #[serde(flatten)]
    more: BTreeMap<String, Value>,
}

/// Bytes, as `serde_bytes` has them.
#[derive(Debug, Clone, PartialEq)]
struct Blob(Vec<u8>);

impl Serialize for Blob {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BlobVisitor;
        impl<'de> serde::de::Visitor<'de> for BlobVisitor {
            type Value = Blob;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Blob, E> {
                Ok(Blob(bytes.to_vec()))
            }
            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Blob, E> {
                Ok(Blob(bytes))
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Blob, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = items.next_element()? {
                    bytes.push(byte);
                }
                Ok(Blob(bytes))
            }
        }
        deserializer.deserialize_byte_buf(BlobVisitor)
    }
}

#[test]
fn scalars_become_what_the_table_says() {
    becomes((), "#!void");
    becomes(Unit, "#!void");
    becomes(None::<i32>, "#!void");
    becomes(Some(1), "1");
    becomes(true, "#t");
    becomes(-1_i8, "-1");
    becomes(u64::MAX, "18446744073709551615");
    becomes(i128::MIN, "-170141183460469231731687303715884105728");
    becomes(u128::MAX, "340282366920938463463374607431768211455");
    becomes(1.0_f64, "1.0");
    becomes(-0.0_f64, "-0.0");
    becomes(f64::INFINITY, "+inf.0");
    becomes(0.1_f32, "0.10000000149011612");
    becomes('λ', "#\\λ");
    becomes("a \"b\"".to_owned(), "\"a \\\"b\\\"\"");
    becomes(Symbol::from("a b"), "|a b|");
    becomes(Meters(1.5), "1.5");
    becomes(Blob(vec![0, 255]), "#u8(0 255)");
    assert!(from_value::<f64>(to_value(&f64::NAN).unwrap()).unwrap().is_nan());
}

#[test]
fn compounds_become_what_the_table_says() {
    becomes(vec![1, 2], "(1 2)");
    becomes(Vec::<i32>::new(), "()");
    becomes(vec![Some(1), None], "(1 #!void)");
    becomes(BTreeSet::from(["b".to_owned(), "a".to_owned()]), "(\"a\" \"b\")");
    becomes((1, "a".to_owned(), ()), "(1 \"a\" #!void)");
    becomes([1.5, 2.0], "(1.5 2.0)");
    becomes(Pair(1, "a".into()), "(1 \"a\")");
    becomes(Point { x: 1, y: None }, "((x . 1) (y . #!void))");
    becomes(BTreeMap::from([(2, 'b'), (1, 'a')]), "#hash((1 . #\\a) (2 . #\\b))");
    becomes(BTreeMap::from([((1, Unit), Shape::Empty)]), "#hash(((1 #!void) . Empty))");
    becomes(F64Vector::from(vec![1.0, f64::INFINITY]), "#f64(1.0 +inf.0)");
}

#[test]
fn enums_become_what_the_table_says() {
    becomes(Shape::Empty, "Empty");
    becomes(Shape::Circle(1), "(Circle 1)");
    becomes(Shape::Line(1, 2), "(Line 1 2)");
    becomes(Shape::Box { width: 1, tags: vec!["a".into()] }, "(Box (width . 1) (tags \"a\"))");
    becomes(Shape::Group(vec![Shape::Empty, Shape::Circle(2)]), "(Group (Empty (Circle 2)))");
    becomes(Shape::Named(BTreeMap::from([("a".into(), Shape::Empty)])), "(Named #hash((\"a\" . Empty)))");
    becomes(Shape::Other(None), "(Other #!void)");
    becomes(Shape::Other(Some(Box::new(Shape::Line(1, 2)))), "(Other (Line 1 2))");
    becomes(Shape::Unit(Unit), "(Unit #!void)");
}

#[test]
fn enums_with_other_tags_come_back() {
    becomes(Tagged::Plain, "((kind . \"Plain\"))");
    becomes(Tagged::Point(Point { x: 1, y: Some(2) }), "((kind . \"Point\") (x . 1) (y . 2))");
    let point = Point { x: 1, y: None };
    for shape in [
        Shape::Empty,
        Shape::Circle(1),
        Shape::Line(1, 2),
        Shape::Box { width: 1, tags: vec!["a".into(), "b".into()] },
        Shape::Group(vec![Shape::Line(1, 2), Shape::Line(3, 4)]),
        Shape::Other(Some(Box::new(Shape::Circle(1)))),
    ] {
        let scene = Tagged::Scene { shape: shape.clone(), at: point.clone(), list: vec![1, 2] };
        assert_eq!(from_value(to_value(&scene).unwrap()), Ok(scene));
        let scene = Adjacent::Scene { shape: shape.clone() };
        assert_eq!(from_value(to_value(&scene).unwrap()), Ok(scene));
        let scene = Untagged::Scene { shape, more: vec![point.clone(), point.clone()] };
        assert_eq!(from_value(to_value(&scene).unwrap()), Ok(scene));
    }
    becomes(Adjacent::Plain, "((kind . Plain))");
    becomes(Adjacent::Line(1, 2), "((kind . Line) (content 1 2))");
    becomes(Untagged::Number(-1), "-1");
    becomes(Untagged::Text("a".into()), "\"a\"");
    becomes(Untagged::Point(point), "((x . 1) (y . #!void))");
    becomes(Untagged::List(vec![0.5]), "(0.5)");
}

#[test]
fn flattened_structs_are_hash_tables() {
    let flat = Flat {
        name: "a".into(),
        point: Point { x: 1, y: None },
        more: BTreeMap::from([("z".into(), value("(1 2.5 \"a\")"))]),
    };
    becomes(flat.clone(), "#hash((\"name\" . \"a\") (\"x\" . 1) (\"y\" . #!void) (\"z\" . (1 2.5 \"a\")))");
    assert_eq!(from_value(value("((name . \"a\") (x . 1) (z 1 2.5 \"a\"))")), Ok(flat));
}

#[test]
fn what_tasks_write_by_hand_is_accepted() {
    let point = Point { x: 1, y: Some(2) };
    for text in ["((y . 2) (x . 1))", "#hash((x . 1) (y . 2))", "#hash((\"x\" . 1) (\"y\" . 2) (\"z\" . 3))"] {
        assert_eq!(from_value(value(text)), Ok(point.clone()), "{text}");
    }
    assert_eq!(from_value(value("((x . 1))")), Ok(Point { x: 1, y: None }));
    for text in ["(1 2)", "#(1 2)", "#u8(1 2)", "#f64(1.0 2.0)"] {
        assert_eq!(from_value(value(text)), Ok(vec![1.0, 2.0]), "{text}");
        assert_eq!(from_value(value(text)), Ok((1.0, 2.0)), "{text}");
        assert_eq!(from_value(value(text)), Ok(F64Vector::from(vec![1.0, 2.0])), "{text}");
    }
    assert_eq!(from_value(value("((a . 1) (b . 2))")), Ok(vec![(Symbol::from("a"), 1), (Symbol::from("b"), 2)]));
    assert_eq!(from_value(value("((a . 1) (b . 2))")), Ok(HashMap::from([('a', 1), ('b', 2)])));
    assert_eq!(from_value(value("\"Empty\"")), Ok(Shape::Empty));
    assert_eq!(from_value(value("#hash((Circle . 1))")), Ok(Shape::Circle(1)));
    assert_eq!(from_value(value("(Box #hash((width . 1) (tags)))")), Ok(Shape::Box { width: 1, tags: vec![] }));
    assert_eq!(from_value(value("abc")), Ok("abc".to_owned()));
    assert_eq!(from_value(value("\"λ\"")), Ok('λ'));
    assert_eq!(from_value(value("(1 255)")), Ok(Blob(vec![1, 255])));
    assert_eq!(from_value(value("1/2")), Ok(0.5));
    assert_eq!(from_value(value("16777217")), Ok(16_777_217.0));
    assert_eq!(from_value(value("0.1")), Ok(0.1_f32));
}

#[test]
fn nothing_is_rounded_or_dropped() {
    refuses::<f64>("9007199254740993", "9007199254740993 is not exactly representable as f64");
    refuses::<f64>("1/3", "1/3 is not exactly representable as f64");
    refuses::<f32>("1e300", "1.0e300 is not exactly representable as f32");
    refuses::<i32>("1.0", "expected i32, found floating point `1.0`");
    refuses::<u8>("256", "expected u8, found integer `256`");
    refuses::<i64>("9223372036854775808", "expected i64, found integer `9223372036854775808`");
    refuses::<u128>("-1", "expected u128, found integer `-1`");
    refuses::<i64>("1/2", "1/2 is not exactly representable as i64");
    refuses::<u64>("100000000000000000000", "100000000000000000000 is not exactly representable as u64");
    refuses::<(i32, i32)>("(1 2 3)", "expected a tuple of size 2, found 3 elements");
    refuses::<()>("()", "expected unit, found a list");
    refuses::<Vec<i32>>("#!void", "expected a sequence, found the unspecified value");
    refuses::<String>("1", "expected a string, found integer `1`");
    refuses::<BTreeMap<String, i32>>("((a . 1) (a . 2))", "key a is there twice");
    refuses::<BTreeMap<String, i32>>("((a . 1) b)", "expected a map, found a list");
    let twice: Result<Value, ValueError> = to_value(&TwiceTheKey);
    assert_eq!(twice.unwrap_err().to_string(), "key 1 is there twice");
}

struct TwiceTheKey;

impl Serialize for TwiceTheKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(1, 2), (1, 3)])
    }
}

#[test]
fn errors_say_where() {
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Cluster {
        servers: Vec<BTreeMap<String, Shape>>,
    }
    let error = from_value::<Cluster>(value("((servers #hash() #hash((\"a\" . (Group ((Line 1 #t)))))))")).unwrap_err();
    assert_eq!(error.path(), "servers[1].a.Group[0].Line[1]");
    assert!(matches!(error.kind(), ValueErrorKind::Mismatch { .. }));
    refuses::<Point>("((y . 1))", "missing field `x`");
    refuses::<Vec<Shape>>("(Empty Emty)", "[1]: unknown variant `Emty`");
    refuses::<Shape>("(Line 1)", "Line: expected tuple variant Shape::Line, found 1 elements");
    refuses::<Shape>("(Circle 1 2)", "Circle: expected newtype variant, found 2 elements");
    refuses::<Shape>("Circle", "Circle: expected newtype variant, found unit variant");
    refuses::<Shape>("(1 2)", "expected enum Shape, found a list");

    let error = to_value(&vec![BTreeMap::from([("a", TwiceTheKey)])]).unwrap_err();
    assert_eq!(error.path(), "[0].a");
}

#[test]
fn what_is_borrowed_says_so() {
    struct Borrowed;
    impl<'de> Deserialize<'de> for Borrowed {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            <&str>::deserialize(deserializer).map(|_| Self)
        }
    }
    let error = from_value::<Borrowed>("abc".into()).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "expected a borrowed string, found string \"abc\"");
}

#[test]
fn some_of_none_is_none() {
    assert_eq!(to_value(&Some(None::<i32>)), Ok(Value::Void));
    assert_eq!(from_value::<Option<Option<i32>>>(Value::Void), Ok(None));
}

#[test]
fn values_pass_unchanged() {
    let opaque = Value::Opaque("procedure car".into());
    for value in [value("(a #:k 1/3 #u8(1) #f64(+nan.0) #hash((#(1) . (a . b))))"), opaque.clone()] {
        assert_eq!(to_value(&value), Ok(value.clone()));
        assert_eq!(from_value(value.clone()), Ok(value.clone()));
        let within = BTreeMap::from([(1, (Some(value.clone()), Symbol::from("s")))]);
        let made = to_value(&within).unwrap();
        assert_eq!(made, Value::Map([(1.into(), Value::from([value, Value::symbol("s")]))].into()));
        assert_eq!(from_value(made), Ok(within));
    }
    let refused = from_value::<String>(opaque).unwrap_err();
    assert_eq!(refused.to_string(), "procedure car cannot travel");
}

#[test]
fn bulk_is_shared_on_its_way_through_serde() {
    let floats = F64Vector::from(vec![1.0; 1000]);
    let Value::F64Vector(made) = to_value(&floats).unwrap() else { panic!("not an f64vector") };
    assert_eq!(made.as_ptr(), floats.as_ptr());
    assert_eq!(from_value::<F64Vector>(made.into()).unwrap().as_ptr(), floats.as_ptr());
}

#[test]
fn a_failure_leaves_nothing_behind_for_the_next_value() {
    struct Failing;
    impl Serialize for Failing {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_newtype_struct(super::handover::NAME, &TwiceTheKey)
        }
    }
    assert!(to_value(&Failing).is_err());
    assert_eq!(to_value(&(1, Symbol::from("a"))), Ok(value("(1 a)")));
    assert_eq!(serde_json::to_string(&Symbol::from("a")).unwrap(), "\"a\"");
    assert!(from_value::<Symbol>(1.into()).is_err());
    assert!(from_value::<F64Vector>(1.into()).is_err());
    assert_eq!(serde_json::from_str::<Value>("[1]").unwrap(), value("(1)"));
}

#[test]
fn deep_data_are_refused_and_deep_enough_ones_fit_a_small_stack() {
    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    struct Chain(Vec<Self>);
    let chain = |depth| (1..depth).fold(Chain(vec![]), |inner, _| Chain(vec![inner]));
    let visit = move || {
        let deepest = to_value(&chain(Value::DEPTH_MAX)).unwrap();
        assert_eq!(from_value::<Chain>(deepest), Ok(chain(Value::DEPTH_MAX)));
        let error = to_value(&chain(Value::DEPTH_MAX + 1)).unwrap_err();
        assert_eq!(error.kind(), &ValueErrorKind::TooDeep { depth_max: Value::DEPTH_MAX });
    };
    std::thread::Builder::new().stack_size(512 * 1024).spawn(visit).unwrap().join().unwrap();
}

#[test]
fn values_have_a_form_in_json() {
    for (text, json) in [
        ("#!void", "null"),
        ("(1 -2.5 \"a\" #t)", "[1,-2.5,\"a\",true]"),
        ("18446744073709551615", "18446744073709551615"),
        ("18446744073709551616", "{\"$number\":\"18446744073709551616\"}"),
        ("1/2", "{\"$number\":\"1/2\"}"),
        ("+nan.0", "{\"$number\":\"+nan.0\"}"),
        ("#\\a", "{\"$char\":\"a\"}"),
        ("a", "{\"$symbol\":\"a\"}"),
        ("#:a", "{\"$keyword\":\"a\"}"),
        ("#u8(1 2)", "{\"$bytes\":[1,2]}"),
        ("#f64(1.0 -inf.0)", "{\"$f64vector\":[1.0,{\"$number\":\"-inf.0\"}]}"),
        ("#(1)", "{\"$vector\":[1]}"),
        ("(1 2 . 3)", "{\"$dotted\":[1,2,3]}"),
        ("#hash((\"a\" . 1) (\"b\" . 2))", "{\"a\":1,\"b\":2}"),
        ("#hash((a . 1))", "{\"$map\":[[{\"$symbol\":\"a\"},1]]}"),
        ("#hash((\"$symbol\" . \"a\"))", "{\"$map\":[[\"$symbol\",\"a\"]]}"),
    ] {
        assert_eq!(serde_json::to_string(&value(text)).unwrap(), json);
        assert_eq!(serde_json::from_str::<Value>(json).unwrap(), value(text), "{json}");
    }
    assert_eq!(serde_json::from_str::<Value>("{\"$symbol\":1}").unwrap(), value("#hash((\"$symbol\" . 1))"));
    assert!(serde_json::to_string(&Value::Opaque("port".into())).is_err());
    assert!(serde_json::from_str::<Value>("{\"a\":1,\"a\":2}").is_err());
}

#[test]
fn json_becomes_a_value_and_a_value_json() {
    let json = serde_json::json!({"a": [1, 2.5, null, true, "x"], "b": {"c": -1}});
    let made = to_value(&json).unwrap();
    assert_eq!(made, value("#hash((\"a\" . (1 2.5 #!void #t \"x\")) (\"b\" . #hash((\"c\" . -1))))"));
    assert_eq!(from_value::<serde_json::Value>(made), Ok(json));
    assert_eq!(
        from_value::<serde_json::Value>(value("((a . 1) (b x y))")),
        Ok(serde_json::json!({"a": 1, "b": ["x", "y"]}))
    );
    assert!(from_value::<serde_json::Value>(value("1/3")).is_err());
}

#[test]
fn conversions_without_serde_agree_with_serde() {
    assert_eq!(Value::from(vec![Some(1), None]), to_value(&[Some(1), None]).unwrap());
    assert_eq!(Value::from("a"), to_value("a").unwrap());
    assert_eq!(Value::from([1.5, 2.0]), to_value(&[1.5, 2.0]).unwrap());
    assert_eq!((1..4).collect::<Value>(), value("(1 2 3)"));
    assert_eq!(Value::from(()), Value::Void);
}

#[test]
fn pairs_are_lists_where_they_can_be() {
    assert_eq!(Value::cons(1.into(), value("(2)")), value("(1 2)"));
    assert_eq!(Value::cons(1.into(), value("(2 . 3)")), value("(1 2 . 3)"));
    assert_eq!(Value::cons(1.into(), 2.into()), value("(1 . 2)"));
    assert_eq!(Value::dotted(vec![], 2.into()), 2.into());
    assert_eq!(value("(1 2 . 3)").into_pair(), Ok((1.into(), value("(2 . 3)"))));
    assert_eq!(value("(1 . 3)").into_pair(), Ok((1.into(), 3.into())));
    assert_eq!(value("(1)").into_pair(), Ok((1.into(), Value::NULL)));
    assert_eq!(Value::NULL.into_pair(), Err(Value::NULL));
}

fn shapes() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        Just(Shape::Empty),
        Just(Shape::Unit(Unit)),
        any::<i32>().prop_map(Shape::Circle),
        any::<(i32, i32)>().prop_map(|(a, b)| Shape::Line(a, b)),
        (any::<i32>(), prop::collection::vec(any::<String>(), 0..3))
            .prop_map(|(width, tags)| Shape::Box { width, tags }),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Shape::Group),
            prop::collection::btree_map("[a-c]", inner.clone(), 0..3).prop_map(Shape::Named),
            prop::option::of(inner).prop_map(|shape| Shape::Other(shape.map(Box::new))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, ..ProptestConfig::default() })]

    #[test]
    fn types_come_back_from_what_they_become(
        shapes in prop::collection::vec(shapes(), 0..3),
        numbers in any::<(i128, u128, Option<f32>, char)>(),
        keys in prop::collection::btree_map(any::<(i8, Option<bool>)>(), prop::collection::vec(any::<u16>(), 0..4), 0..4),
    ) {
        let data = (shapes, numbers, keys);
        let made = to_value(&data).unwrap();
        prop_assert_eq!(made.to_string().parse::<Value>(), Ok(made.clone()));
        let back = from_value(made);
        prop_assert_eq!(back, Ok(data));
    }

    #[test]
    fn values_come_back_from_json(value in text_values()) {
        let json = serde_json::to_string(&value).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value, "{}", json);
    }

    #[test]
    fn values_come_back_from_a_binary_format(value in values()) {
        let bytes = postcard::to_allocvec(&(1, &value)).unwrap();
        prop_assert_eq!(postcard::from_bytes::<(i32, Value)>(&bytes).unwrap(), (1, value));
    }

    #[test]
    fn any_value_is_any_type_or_an_error(value in text_values()) {
        let _ = from_value::<Shape>(value.clone());
        let _ = from_value::<Tagged>(value.clone());
        let _ = from_value::<Flat>(value.clone());
        let _ = from_value::<Untagged>(value.clone());
        let _ = from_value::<serde_json::Value>(value.clone());
        let datum = value.to_datum(Default::default()).unwrap();
        prop_assert_eq!(datum.to_string(), value.to_string());
        prop_assert_eq!(Value::from_datum(&datum), Ok(value));
    }
}
