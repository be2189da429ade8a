//! The ports of a task, of strings and of the log.

use bytes::Bytes;

use super::Bench;
use crate::{port::Segment, value::Value};

fn bench(incoming: impl IntoIterator<Item = Segment>) -> Bench {
    let bench = Bench::new();
    bench.ports.borrow_mut().incoming.extend(incoming);
    bench
}

fn text(text: &'static str) -> Segment {
    Segment::Bytes(Bytes::from_static(text.as_bytes()))
}

fn datum(value: impl Into<Value>) -> Segment {
    Segment::Datum(value.into())
}

#[test]
fn data_and_text_are_read_as_they_were_written() {
    let vector = Segment::Datum(Value::Vector(vec![1.into(), Value::Vector(vec![2.into()])]));
    let mut bench = bench([datum(5), vector, text("(1 2"), text(" 3) sym"), text("bol x\nline two\nrest")]);
    assert_eq!(
        bench.show("(let* ((a (read i)) (b (read i)) (c (read i)) (d (read i)) (e (read-char i)) (f (peek-char i)) (g (read-line i)) (h (read-line i)) (j (read-string 2 i)) (k (read-line i)) (l (read i))) (list a b c d e f g h j k (eof-object? l)))"),
        "(5 #(1 #(2)) (1 2 3) symbol #\\space #\\x \"x\" \"line two\" \"re\" \"st\" #t)"
    );
    assert!(bench.ports.borrow().consumed > 0);
}

#[test]
fn bytes_are_read_as_bytes() {
    let mut bench = bench([Segment::Bytes(Bytes::from_static(&[1, 2, 255, 4, 5]))]);
    assert_eq!(
        bench.show("(let* ((a (read-u8 i)) (b (peek-u8 i)) (v (make-bytevector 4 0)) (c (read-bytevector! v i 1 3)) (d (read-bytevector 10 i)) (e (read-u8 i))) (list a b v c d (eof-object? e)))"),
        "(1 2 #u8(0 2 255 0) 2 #u8(4 5) #t)"
    );
}

#[test]
fn writes_send_data_whole_and_text_joined() {
    let mut bench = bench([]);
    bench.run("(begin (display \"a\" o) (write-char #\\b o) (write '(1 \"x\") o) (newline o) (write-u8 7 o) (display 1.5 o) 'done)").unwrap();
    let ports = bench.ports.borrow();
    let expected = [
        Segment::Bytes(Bytes::from_static(b"ab")),
        Segment::Datum(Value::List(vec![1.into(), "x".into()])),
        Segment::Bytes(Bytes::from_static(b"\n\x071.5")),
    ];
    assert_eq!(ports.sent, expected);
}

#[test]
fn a_read_sends_what_was_written_first() {
    let mut bench = bench([datum(1)]);
    bench.run("(begin (display \"question\" o) (read i))").unwrap();
    assert_eq!(bench.ports.borrow().sent, [Segment::Bytes(Bytes::from_static(b"question"))]);
}

#[test]
fn a_flush_reaches_the_carrier() {
    let mut bench = bench([]);
    bench.run("(begin (write 1 o) (flush-output-port o))").unwrap();
    assert_eq!(bench.ports.borrow().flushes, 1);
}

#[test]
fn what_is_printed_goes_to_the_log() {
    let mut bench = bench([]);
    bench.run("(begin (display \"hello \") (write \"x\") (newline) (display 'tail))").unwrap();
    assert_eq!(bench.ports.borrow().printed, "hello \"x\"\ntail");
    assert!(bench.ports.borrow().sent.is_empty());
}

#[test]
fn string_ports_read_and_write() {
    Bench::new().check(&[
        ("(let ((p (open-input-string \"(a b) 42 \\\"s\\\"\"))) (let* ((a (read p)) (b (read p)) (c (read p)) (d (read p))) (list a b c (eof-object? d))))",
         "((a b) 42 \"s\" #t)"),
        ("(let ((p (open-output-string))) (write 'a p) (display \" \" p) (write \"b\" p) (get-output-string p))", "\"a \\\"b\\\"\""),
        ("(let ((p (open-output-bytevector))) (write-u8 1 p) (write-bytevector (bytevector 2 3) p) (get-output-bytevector p))",
         "#u8(1 2 3)"),
        ("(let ((p (open-output-string))) (parameterize ((current-output-port p)) (display \"inside\")) (get-output-string p))",
         "\"inside\""),
        ("(let ((p (open-input-string \"x\"))) (list (input-port? p) (output-port? p) (textual-port? p) (binary-port? p) (port? 1)))",
         "(#t #f #t #f #f)"),
        ("(let ((p (open-input-string \"x\"))) (close-port p) (list (input-port-open? p) (guard (e (#t 'closed)) (read-char p))))",
         "(#f closed)"),
        ("(call-with-port (open-input-string \"one two\") (lambda (p) (read p) (read p)))", "two"),
        ("(list (input-port? i) (output-port? o) (input-port-open? i) (output-port-open? o) (textual-port? i) (binary-port? o))",
         "(#t #t #t #t #t #t)"),
        ("(begin (close-output-port o) (list (output-port-open? o) (guard (e (#t 'closed)) (write 1 o))))", "(#f closed)"),
        ("(eof-object? (read))", "#t"),
        ("(eof-object? (read i))", "#t"),
        ("(let ((p (open-input-string \"λ\"))) (list (char-ready? p) (read-char p) (eof-object? (peek-char p))))", "(#t #\\λ #t)"),
        ("(guard (e (#t (list (read-error? e) (file-error? e)))) (read (open-input-string \"#<bad>\")))", "(#t #f)"),
        ("(let ((p (open-output-string))) (write-string \"hello\" p 1 3) (get-output-string p))", "\"el\""),
    ]);
}

#[test]
fn a_procedure_is_not_written_to_the_master() {
    let raised = bench([]).raised("(write (list car) o)");
    assert!(raised.message.contains("does not travel"), "{}", raised.message);
}

#[test]
fn readiness_does_not_wait() {
    let mut empty = bench([]);
    assert_eq!(empty.show("(char-ready? i)"), "#f");
    let mut full = bench([text("x")]);
    assert_eq!(full.show("(list (char-ready? i) (u8-ready? i))"), "(#t #t)");
}

#[test]
fn a_port_that_outlives_its_task_is_dead() {
    let mut bench = bench([]);
    bench.run("(hash-table-set! (dpfw-slave-ht) 'port o)").unwrap();
    let raised = bench.raised("(write 1 (hash-table-ref (dpfw-slave-ht) 'port))");
    assert!(raised.message.contains("over"), "{}", raised.message);
}
