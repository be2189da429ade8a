//! Tasks as masters see them: template, values, places; from macros and from text.

use std::time::Duration;

use super::*;
use crate::{Code, Symbol, Value, remote, remote_file, value::decode};

fn values(task: &Task) -> String {
    assert!(task.rejection().is_none(), "{:?}", task.rejection());
    let mut bytes = task.values().bytes.clone().into_bytes();
    let values = (0..task.values().count).map(|_| decode(&mut bytes).expect("a value").to_string()).collect::<Vec<_>>();
    assert!(bytes.is_empty());
    values.join(" ")
}

fn rejection(task: &Task) -> String {
    task.rejection().expect("a rejected task").to_string()
}

#[test]
fn values_fill_the_holes_in_order() {
    let (n, xs, name) = (7_u8, [1.5, 2.5], "it's");
    let task = remote!((lambda (i o) (list ,n (+ ,@xs) ,name ,(n + 1) (quote (a ,n)))));
    assert_eq!(values(&task), "7 (1.5 2.5) \"it's\" 8 7");
    assert!(task.template().text().starts_with("(lambda (_0 _1 _2 _3 _4) (lambda (_5 _6) "));
}

#[test]
fn a_template_is_the_same_whatever_values_layout_and_names() {
    let task = |n: i32| remote!((lambda (i o) (+ ,n 1)));
    let other = remote!((lambda (input output)
        // The same task.
        (+ ,(40 + 2) 1)));
    assert_eq!(task(1).template().hash(), task(2).template().hash());
    assert_eq!(task(1).template().hash(), other.template().hash());
    assert_eq!(task(1).template().hash(), dpfw_syntax::TemplateHash::of(task(1).template().text()));
    assert_ne!(remote!((lambda (i o) 1)).template().hash(), remote!((lambda (i o) 2)).template().hash());
}

#[test]
fn strings_and_tokens_make_the_same_task() {
    let n = 5;
    let tokens = remote!((lambda (i o) (list 'a (quote (1 "b")) 'c' ,n)));
    let string = remote!(r#"(lambda (i o) (list 'a '(1 "b") #\c ,n)) ; the same"#);
    assert_eq!(tokens.template().text(), string.template().text());
    assert_eq!(values(&tokens), values(&string));
}

#[test]
fn forms_have_their_places_in_the_source() {
    let line = line!() + 3;
    let task = remote!(
        (lambda (i o)
            (car
                (vector-ref i 0)))
    );
    let text = task.template().text();
    let offset = |form: &str| u32::try_from(text.find(form).expect(form)).unwrap();
    let place = |form| task.template().place_of(offset(form));
    assert_eq!((place("(car").line(), place("(car").column()), (line, 13));
    assert_eq!((place("(vector-ref").line(), place("(vector-ref").column()), (line + 1, 17));
    assert_eq!((task.place().line(), task.place().column()), (line - 1, 9));
    assert!(task.place().file().ends_with("tests.rs"), "{}", task.place());

    let line = line!() + 2;
    let task = remote!(
        r#"(lambda (i o)
             (car "λ" ))"#
    );
    assert_eq!((task.place().line(), task.place().column()), (line, 12));
    let offset = task.template().text().find("(car").expect("a call");
    let place = task.template().place_of(u32::try_from(offset).unwrap());
    assert_eq!((place.line(), place.column()), (line + 1, 14));
}

#[test]
fn parsed_tasks_lift_their_constants_and_keep_their_places() {
    let text = "(lambda (i o)\n  (string-append \"a\" (car '(\"b\"))))";
    let (line, task) = (line!(), Task::parse(text).expect("a task"));
    assert_eq!(values(&task), "\"a\" (\"b\")");
    assert_eq!(task.place().file(), format!("<task parsed at {}:{line}>", file!()));
    let offset = task.template().text().find("(car").expect("a call");
    let place = task.template().place_of(u32::try_from(offset).unwrap());
    assert_eq!((place.line(), place.column()), (2, 22));
    let other = Task::parse("(lambda (i o) (string-append \"c\" (car '(d))))").expect("a task");
    assert_eq!(task.template().hash(), other.template().hash());
}

#[test]
fn parse_reports_every_mistake_with_its_place() {
    let errors = Task::parse("(lambda (i o)\n  (cons 1)\n  (lenght '()))").expect_err("two mistakes");
    let places: Vec<_> = errors.iter().map(|error| (error.line, error.column)).collect();
    assert_eq!(places, [(2, 3), (3, 4)]);
    assert!(errors.to_string().contains("length"));
    assert!(Task::parse("(lambda (i o) 1").is_err());
    assert!(Task::parse("").is_err());
    assert!(Task::parse("1 2").is_err());
    assert!(Task::parse("(lambda (i o) ,n)").is_err());
}

#[test]
fn program_text_takes_the_place_of_its_splice() {
    let square = Code::parse("(lambda (x) (* x x))").expect("code");
    let n = 5;
    let task = remote!((lambda (i o) (list ,n (,square ,(n + 1)))));
    let literal = remote!((lambda (i o) (list ,n ((lambda (x) (* x x)) ,n))));
    assert_eq!(task.template().text(), literal.template().text());
    assert_eq!(values(&task), "5 6");

    let bodies = vec![Code::parse("1").expect("code"), Code::parse("(+ 1 2)").expect("code")];
    let empty: Vec<Code> = Vec::new();
    let task = remote!((lambda (i o) (list ,@bodies 'a)));
    assert_eq!(task.template().text(), remote!((lambda (i o) (list 1 (+ 1 2) 'a))).template().text());
    let task = remote!((lambda (i o) (list ,@bodies ,@empty)));
    assert_eq!(values(&task), "()");
}

#[test]
fn program_text_can_be_names_and_syntax() {
    let name = Symbol::from("counter");
    let clauses = [Code::parse("((= counter 1) 'one)").expect("code"), Code::parse("(else 'more)").expect("code")];
    let n = 1;
    let task = remote!((lambda (i o) (let ((,name ,n)) (cond ,@clauses))));
    let literal = remote!((lambda (i o) (let ((counter ,n)) (cond ((= counter 1) 'one) (else 'more)))));
    assert_eq!(task.template().text(), literal.template().text());
    assert_eq!(values(&task), "1");
}

#[test]
fn program_text_that_makes_no_program_is_rejected() {
    let unbound = Code::parse("(lenght x)").expect("code");
    let task = remote!((lambda (i o) (list ,unbound)));
    let rejection = rejection(&task);
    assert!(rejection.contains("lenght") && rejection.contains("length"), "{rejection}");
    assert_eq!(task.place().line(), line!() - 3);
}

#[test]
fn a_value_that_cannot_travel_makes_a_task_that_says_so() {
    let port = Value::Opaque("#<port>".into());
    let task = remote!((lambda (i o) (list ,(1) ,port)));
    assert!(rejection(&task).starts_with("value 2 of the task cannot be spliced: "), "{}", rejection(&task));
    let number = Value::from(1_i64);
    assert!(remote!((lambda (i o) (list ,@number))).rejection().is_some());
    let nested = vec![Value::from(1_i64), Value::Opaque("#<procedure>".into())];
    assert!(remote!((lambda (i o) (list ,@nested))).rejection().is_some());
}

#[test]
fn declared_procedures_are_named_by_the_template() {
    let task = remote! { extern (prime? 1) (factor 1 ...) (lambda (i o) (prime? 7)) };
    assert_eq!(task.template().externs().collect::<Vec<_>>(), ["prime?"]);
    let square = Code::parse("(prime? 3)").expect("code");
    let task = remote! { extern (prime? 1) (lambda (i o) (list ,square)) };
    assert_eq!(task.template().externs().collect::<Vec<_>>(), ["prime?"]);
    let task = Task::parse("extern (prime? 1) (lambda (i o) (prime? 7))").expect("a task");
    assert_eq!(task.template().externs().collect::<Vec<_>>(), ["prime?"]);
}

#[test]
fn options_travel_with_clones() {
    let task = remote!((lambda (i o) 1)).timeout(Duration::from_secs(2)).retries(3).label("one").clone();
    let task = task.cpu_time(Duration::from_millis(5)).memory_bytes(6).output_bytes(7).result_bytes(8).clone();
    let TaskOptions { timeout, retries, label, limits } = task.options().clone();
    assert_eq!((timeout, retries, label.as_deref()), (Some(Duration::from_secs(2)), 3, Some("one")));
    let expected = TaskLimits { cpu_ms: Some(5), memory_bytes: Some(6), output_bytes: Some(7), result_bytes: Some(8) };
    assert_eq!(limits, expected);
}

#[test]
fn a_file_is_a_task_with_parameters() {
    let task = remote_file!("src/task/testdata/greeting.scm", name = "you", repeat_count = 2 + 1);
    assert_eq!(values(&task), "\"you\" 3");
    assert_eq!(task.place().to_string(), "src/task/testdata/greeting.scm:2:1");
}
