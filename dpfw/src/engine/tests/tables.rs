//! Hash tables, and the one that outlives tasks.

use super::Bench;

#[test]
fn tables_do_what_srfi_69_says() {
    Bench::new().check(&[
        ("(let ((t (make-hash-table))) (hash-table-set! t 'a 1) (hash-table-set! t \"s\" 2) (hash-table-set! t '(1 2) 3) (list (hash-table-ref t 'a) (hash-table-ref t \"s\") (hash-table-ref t (list 1 2))))",
         "(1 2 3)"),
        ("(let ((t (make-hash-table))) (hash-table-ref t 'none (lambda () 'default)))", "default"),
        ("(let ((t (make-hash-table))) (hash-table-ref/default t 'none 'd))", "d"),
        ("(let ((t (make-hash-table))) (hash-table-set! t 1 'int) (hash-table-set! t 1.0 'float) (hash-table-size t))", "2"),
        ("(let ((t (make-hash-table))) (hash-table-update! t 'n (lambda (x) (+ x 1)) (lambda () 0)) (hash-table-update! t 'n (lambda (x) (+ x 1))) (hash-table-ref t 'n))",
         "2"),
        ("(let ((t (make-hash-table))) (hash-table-update!/default t 'n (lambda (x) (+ x 1)) 10) (hash-table-ref t 'n))", "11"),
        ("(let ((t (alist->hash-table '((a . 1) (b . 2))))) (hash-table-delete! t 'a) (list (hash-table-exists? t 'a) (hash-table-keys t) (hash-table-values t) (hash-table->alist t)))",
         "(#f (b) (2) ((b . 2)))"),
        ("(let ((t (alist->hash-table '((a . 1) (b . 2)))) (s 0)) (hash-table-walk t (lambda (k v) (set! s (+ s v)))) s)", "3"),
        ("(hash-table-fold (alist->hash-table '((a . 1) (b . 2))) (lambda (k v s) (+ v s)) 0)", "3"),
        ("(let* ((t (alist->hash-table '((a . 1)))) (u (hash-table-copy t))) (hash-table-set! u 'a 2) (list (hash-table-ref t 'a) (hash-table-ref u 'a)))",
         "(1 2)"),
        ("(let ((t (alist->hash-table '((a . 1)))) (u (alist->hash-table '((b . 2))))) (hash-table-merge! t u) (hash-table-size t))", "2"),
        ("(let ((t (make-hash-table string-ci=?))) (hash-table-set! t \"Key\" 1) (hash-table-ref t \"kEY\"))", "1"),
        ("(let ((t (make-hash-table eq?))) (hash-table-set! t (list 1) 1) (hash-table-ref/default t (list 1) 'none))", "none"),
        ("(= (hash '(1 2)) (hash (list 1 2)))", "#t"),
        ("(< (string-hash \"abc\" 10) 10)", "#t"),
        ("(eq? (hash-table-equivalence-function (make-hash-table)) equal?)", "#t"),
        ("(alist->hash-table '((a . 1)))", "#hash((a . 1))"),
    ]);
}

#[test]
fn the_seeds_generator_is_saved_and_called() {
    let mut bench = Bench::new();
    bench
        .run("(hash-table-update! (dpfw-slave-ht) 'uniqID values (lambda () (let ((n 0)) (lambda () (set! n (+ n 1)) n))))")
        .unwrap();
    for expected in ["1", "2", "3"] {
        assert_eq!(bench.show("((hash-table-ref (dpfw-slave-ht) 'uniqID))"), expected);
    }
}

#[test]
fn what_the_table_holds_survives_collections() {
    let mut bench = Bench::new();
    bench
        .run(
            "(begin (hash-table-set! (dpfw-slave-ht) 'vector (vector 1 2 (vector 3)))
                     (hash-table-set! (dpfw-slave-ht) (vector 'key) (let ((n 10)) (lambda () (set! n (+ n 1)) n))))",
        )
        .unwrap();
    // Enough boxes and vectors for several collections.
    bench
        .run("(let loop ((n 0) (keep '())) (if (< n 60000) (loop (+ n 1) (if (< (length keep) 30) (cons (vector n (let ((m n)) (lambda () (set! m (+ m 1)) m))) keep) '()))))")
        .unwrap();
    bench
        .run("(let loop ((n 0) (keep '())) (if (< n 60000) (loop (+ n 1) (cons (vector n) keep)) (length keep)))")
        .unwrap();
    bench.check(&[
        ("(hash-table-ref (dpfw-slave-ht) 'vector)", "#(1 2 #(3))"),
        ("((hash-table-ref (dpfw-slave-ht) (vector 'key)))", "11"),
        ("((hash-table-ref (dpfw-slave-ht) (vector 'key)))", "12"),
    ]);
}

#[test]
fn an_engine_is_not_replaced_under_what_would_change_with_it() {
    for body in [
        "(let ((v (vector 1))) (hash-table-set! (dpfw-slave-ht) 'a v) (hash-table-set! (dpfw-slave-ht) 'b v))",
        "(let ((v (bytevector 1))) (hash-table-set! (dpfw-slave-ht) 'a (list v v)))",
        "(hash-table-set! (dpfw-slave-ht) 'a (make-hash-table eqv?))",
        "(hash-table-set! (dpfw-slave-ht) 'a (delay 1))",
    ] {
        let mut bench = Bench::new();
        bench.run(body).unwrap();
        assert!(!bench.engine.try_replace(), "{body}");
    }
    let mut bench = Bench::new();
    bench
        .run("(hash-table-set! (dpfw-slave-ht) 'a (list (vector 1) (vector 1) \"s\" \"s\" (make-hash-table)))")
        .unwrap();
    assert!(bench.engine.try_replace());
}

#[test]
fn a_new_engine_underneath_keeps_data_and_loses_procedures() {
    let mut bench = Bench::new();
    bench
        .run(
            "(begin (hash-table-set! (dpfw-slave-ht) 'data (list 1 (vector 2) \"x\"))
                     (hash-table-set! (dpfw-slave-ht) 'nested (alist->hash-table '((a . #(1))))))",
        )
        .unwrap();
    assert!(bench.engine.try_replace());
    assert_eq!(bench.engine.table_size(), 2);
    let compiled =
        bench.engine.compile(&Bench::lower("(lambda (i o) (hash-table-ref (dpfw-slave-ht) 'data))")).unwrap();
    bench.run("(hash-table-set! (dpfw-slave-ht) 'procedure (lambda () 1))").unwrap();
    assert!(!bench.engine.try_replace());
    assert_eq!(bench.engine.replace(), 1);
    assert_eq!(bench.engine.table_size(), 2);
    let value = bench.engine.call(&compiled, Vec::new(), bench.ports.clone()).unwrap();
    assert_eq!(value.to_string(), "(1 #(2) \"x\")");
    bench.check(&[
        ("(hash-table-ref (hash-table-ref (dpfw-slave-ht) 'nested) 'a)", "#(1)"),
        ("(hash-table-ref/default (dpfw-slave-ht) 'procedure 'gone)", "gone"),
    ]);
}
