use std::hash::{BuildHasher, RandomState};

use num_traits::Pow;
use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Number {
    Number::parse(text, 10).unwrap_or_else(|| panic!("{text} is not a number"))
}

#[test]
fn every_form_of_a_real_is_read() {
    for (text, written) in [
        ("0", "0"),
        ("-0", "0"),
        ("+7", "7"),
        ("007", "7"),
        ("9223372036854775807", "9223372036854775807"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("9223372036854775808", "9223372036854775808"),
        ("6/4", "3/2"),
        ("-6/4", "-3/2"),
        ("4/2", "2"),
        ("1.", "1.0"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("1.e3", "1000.0"),
        ("1e3", "1000.0"),
        ("1E-3", "0.001"),
        ("1e21", "1.0e21"),
        ("18446744073709551616.0", "18446744073709552000.0"),
        ("1.5e-7", "1.5e-7"),
        ("1s2", "100.0"),
        ("1.5D-1", "0.15"),
        ("1e999999999999999999999", "+inf.0"),
        ("1e-999999999999999999999", "0.0"),
        ("-0.0", "-0.0"),
        ("+inf.0", "+inf.0"),
        ("-INF.0", "-inf.0"),
        ("-nan.0", "+nan.0"),
        ("#xFF", "255"),
        ("#X-ff/10", "-255/16"),
        ("#b101", "5"),
        ("#o17", "15"),
        ("#d10", "10"),
        ("#e1.5", "3/2"),
        ("#e1.5e2", "150"),
        ("#e.1", "1/10"),
        ("#e15e-1", "3/2"),
        ("#i1/3", "0.3333333333333333"),
        ("#i3", "3.0"),
        ("#x#e10", "16"),
        ("#e#x10", "16"),
        ("#i#xA/4", "2.5"),
    ] {
        assert_eq!(parse(text).to_string(), written, "{text}");
    }
}

#[test]
fn every_form_of_a_complex_number_is_read() {
    for (text, written) in [
        ("+i", "+i"),
        ("-I", "-i"),
        ("1+2i", "1+2i"),
        ("1-i", "1-i"),
        ("-3/2-i", "-3/2-i"),
        ("1+0i", "1"),
        ("1+0.0i", "1+0.0i"),
        ("0.0-0.0i", "0.0-0.0i"),
        ("1e2-3e+4i", "100.0-30000.0i"),
        ("1.0+1s2i", "1.0+100.0i"),
        ("+inf.0i", "+inf.0i"),
        ("+inf.0-INF.0i", "+inf.0-inf.0i"),
        ("1-nan.0i", "1+nan.0i"),
        ("2@0", "2"),
        ("1@0.0", "1.0+0.0i"),
        ("#xA+Bi", "10+11i"),
        ("#e1.5+2.5i", "3/2+5/2i"),
        ("#i1+i", "1.0+1.0i"),
    ] {
        assert_eq!(parse(text).to_string(), written, "{text}");
    }
    assert_eq!(parse("10+17i").to_text(16).as_deref(), Some("a+11i"));
    assert!(parse("#e1@1").is_exact());
    // Each part is read as it is alone: exactly, and refused where that is too much.
    assert_eq!(parse("#e.1@0").to_string(), "1/10");
    assert!(Number::classify("#e0e401@1", 10).is_err());
}

#[test]
fn what_is_no_number_is_left_to_be_a_symbol() {
    for text in [
        "", "+", "-", ".", "...", "1+", "-1+", "1x", "->x", "+.", "1e", "1e+", "e1", "1.2.3", "1/2/3", "1/", "/2",
        "1/2e3", "1_000", "inf.0", "+inf", "#x1.5", "#xG", "#e#e1", "#x#x1", "#", "#e", "٣", "--1", "+-1", "1@", "x+i",
        "ai", "+ii",
    ] {
        assert_eq!(Number::classify(text, 10), Ok(None), "{text}");
    }
    assert_eq!(Number::parse("10", 1), None);
    assert_eq!(Number::parse("10", 37), None);
}

#[test]
fn faulty_numbers_are_refused_with_a_reason() {
    for (text, error) in [
        ("1/0", NumberError::ZeroDenominator),
        ("#i1/0", NumberError::ZeroDenominator),
        ("1/0+i", NumberError::ZeroDenominator),
        ("#e1+inf.0i", NumberError::NotExact),
        ("#e+inf.0", NumberError::NotExact),
        ("#e1e999999999", NumberError::ExponentTooLarge { exponent_max: 400 }),
        ("#e1e-99999999999999999999", NumberError::ExponentTooLarge { exponent_max: 400 }),
        ("#e0e401", NumberError::ExponentTooLarge { exponent_max: 400 }),
    ] {
        assert_eq!(Number::classify(text, 10), Err(error), "{text}");
        assert_eq!(Number::parse(text, 10), None, "{text}");
    }
    let long = "7".repeat(INTEGER_DIGITS + 1);
    assert_eq!(Number::classify(&long, 10), Err(NumberError::TooManyDigits { digits_max: INTEGER_DIGITS }));
    let ratio = format!("1/{}", "7".repeat(10_001));
    assert_eq!(Number::classify(&ratio, 10), Err(NumberError::TooManyDigits { digits_max: 10_000 }));
}
const INTEGER_DIGITS: usize = 1_000_000;

#[test]
fn integers_of_many_digits_are_exact_in_every_radix() {
    for radix in [2, 3, 8, 10, 16, 36] {
        for length in [1, 511, 512, 513, 1_024, 1_537, 5_000] {
            let digits: String = (0..length).map(|i| char::from_digit((i * 7 + 1) % radix, radix).unwrap()).collect();
            let number = Number::parse(&digits, radix).unwrap();
            assert_eq!(
                number.to_text(radix).unwrap(),
                digits.trim_start_matches('0'),
                "radix {radix}, {length} digits"
            );
        }
    }
}

#[test]
fn the_nearest_float_is_rounded_once() {
    for (text, float) in [
        ("#i9007199254740993", 9_007_199_254_740_992.0),
        ("#i9007199254740995", 9_007_199_254_740_996.0),
        ("#i9223372036854775809", 9_223_372_036_854_775_808.0),
        ("#i1/3", 1.0 / 3.0),
        ("#i-2/3", -2.0 / 3.0),
    ] {
        assert_eq!(parse(text).as_f64(), Some(float), "{text}");
    }
    let two = || BigInt::from(2);
    let power = |exponent: u32| Pow::pow(two(), exponent);
    let nearest = |n: BigInt, d: BigInt| Number::ratio(n, d).unwrap().to_f64();
    assert_eq!(nearest(power(1024), two()), f64::powi(2.0, 1023));
    assert_eq!(nearest(power(1024), BigInt::one()), f64::INFINITY);
    // The largest float, and the first integer that rounds beyond it.
    assert_eq!(nearest(power(1024) - power(970) - BigInt::one(), BigInt::one()), f64::MAX);
    assert_eq!(nearest(power(1024) - power(970), BigInt::one()), f64::INFINITY);
    assert_eq!(nearest(BigInt::one(), power(1074)), f64::from_bits(1));
    assert_eq!(nearest(BigInt::one(), power(1075)), 0.0, "a tie goes to the even neighbour");
    assert_eq!(nearest(BigInt::from(3), power(1076)), f64::from_bits(1));
    assert_eq!(nearest(BigInt::one(), power(5_000)), 0.0);
    assert_eq!(nearest(power(1023) - power(970), power(2045)), f64::MIN_POSITIVE, "the carry makes it normal");
}

#[test]
fn equality_is_that_of_eqv() {
    assert_ne!(parse("1"), parse("1.0"));
    assert_ne!(parse("0.0"), parse("-0.0"));
    assert_eq!(parse("+nan.0"), Number::from(-f64::NAN));
    assert_eq!(parse("18446744073709551616"), Number::from(u128::from(u64::MAX) + 1));
    assert_eq!(Number::from(BigRational::new_raw(4.into(), 2.into())), Number::from(2));
    assert_eq!(Number::from(BigInt::from(5)), Number::from(5_u8));
}

#[test]
fn the_order_is_total() {
    let sorted = [
        "-inf.0",
        "-1e300",
        "-36893488147419103232",
        "-9223372036854775809",
        "-9223372036854775808",
        "-1",
        "-1.0",
        "-1/2",
        "-0.5",
        "-1e-320",
        "0-i",
        "0",
        "0-0.0i",
        "0+0.0i",
        "+i",
        "0+1.0i",
        "-0.0",
        "0.0",
        "1e-320",
        "1/3",
        "0.3333333333333333",
        "1/2",
        "0.5",
        "1",
        "1.0",
        "9007199254740992",
        "9007199254740992.0",
        "9007199254740993",
        "9223372036854775807",
        "9223372036854775808",
        "9223372036854775808.0",
        "9223372036854775809",
        "1e300",
        "+inf.0",
        "+nan.0",
        "+nan.0+i",
    ];
    // 0.3333333333333333 is a little below one third.
    let mut expected: Vec<Number> = sorted.iter().map(|text| parse(text)).collect();
    expected.swap(19, 20);
    for (i, a) in expected.iter().enumerate() {
        for (j, b) in expected.iter().enumerate() {
            assert_eq!(a.cmp(b), i.cmp(&j), "{a} and {b}");
        }
    }
}

#[test]
fn long_fractions_compare_without_recursion() {
    let small_stack = std::thread::Builder::new().stack_size(64 * 1024);
    let ordered = small_stack.spawn(|| {
        let (mut a, mut b) = (BigInt::one(), BigInt::one());
        for _ in 0..40_000 {
            (a, b) = (&a + &b, a);
        }
        let low = Number::ratio(a.clone(), b.clone()).unwrap();
        let high = Number::ratio(&a + &b, a).unwrap();
        RandomState::new().hash_one(&low);
        low != high && low.cmp(&high) == high.cmp(&low).reverse() && low == low.clone()
    });
    assert!(ordered.unwrap().join().unwrap());
}

#[test]
fn conversions_refuse_what_would_change() {
    assert_eq!(parse("1.0").as_i64(), None);
    assert_eq!(parse("1").as_f64(), None);
    assert_eq!(parse("-1").as_u64(), None);
    assert_eq!(Number::from(u64::MAX).as_i64(), None);
    assert_eq!(Number::from(u64::MAX).as_u64(), Some(u64::MAX));
    assert_eq!(Number::from(i128::MIN).as_i128(), Some(i128::MIN));
    assert_eq!(Number::from(u128::MAX).as_u128(), Some(u128::MAX));
    assert_eq!(Number::from(u128::MAX).as_i128(), None);
    assert_eq!(parse("1/2").as_bigint(), None);
    assert_eq!(parse("0.5").as_rational(), None);
    assert_eq!(parse("0.5").to_exact(), Some(parse("1/2")));
    assert_eq!(parse("+inf.0").to_exact(), None);
    assert_eq!(Number::ratio(BigInt::one(), BigInt::zero()), None);
}

#[test]
fn floats_have_text_only_in_radix_ten() {
    assert_eq!(parse("255").to_text(16).as_deref(), Some("ff"));
    assert_eq!(parse("-255/16").to_text(16).as_deref(), Some("-ff/10"));
    assert_eq!(parse("0.5").to_text(10).as_deref(), Some("0.5"));
    assert_eq!(parse("0.5").to_text(2), None);
    assert_eq!(parse("5").to_text(1), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_float_is_read_back_to_the_bit(bits: u64) {
        let number = Number::from(f64::from_bits(bits));
        prop_assert_eq!(parse(&number.to_string()), number);
    }

    #[test]
    fn a_float_as_a_fraction_rounds_to_itself(bits: u64) {
        let float = f64::from_bits(bits);
        prop_assume!(float.is_finite() && float != 0.0);
        prop_assert_eq!(Number::from(float).to_exact().unwrap().to_f64().to_bits(), bits);
    }

    #[test]
    fn a_decimal_read_as_exact_rounds_as_the_decimal_does(whole: u64, fraction: u32, exponent in -340_i32..320) {
        let text = format!("{whole}.{fraction}e{exponent}");
        prop_assert_eq!(parse(&format!("#e{text}")).to_f64(), text.parse::<f64>().unwrap());
    }

    #[test]
    fn order_equality_and_hash_agree(a: i64, b: i64, c in 1..9_i64, f: bool, g: bool) {
        let make = |n: i64, float: bool| {
            let exact = Number::ratio(n.into(), c.into()).unwrap();
            if float { Number::from(exact.to_f64()) } else { exact }
        };
        let (a, b) = (make(a, f), make(b, g));
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert_eq!(a == b, a.cmp(&b).is_eq());
        let state = RandomState::new();
        prop_assert!(a != b || state.hash_one(&a) == state.hash_one(&b));
    }
}
