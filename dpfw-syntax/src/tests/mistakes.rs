//! Every message, at its place and with its remedy.

use super::{check_mistakes, check_task_mistakes};

#[test]
fn a_task_is_a_procedure_of_two_ports() {
    const TWO: &str = "a remote task takes two parameters (input port, output port), this has";
    const WRITE: &str = "write (lambda (i o) body …)";
    for (text, place, count) in [
        ("(lambda (i) 1)", "(i)", "1"),
        ("(lambda () 1)", "()", "0"),
        ("(lambda (i o x) 1)", "(i o x)", "3"),
        ("(lambda (i . o) 1)", "(i . o)", "1 or more"),
        ("(lambda ports 1)", "ports", "any number"),
    ] {
        check_task_mistakes(text, &[&format!("{place}: {TWO} {count}; {WRITE}")]);
    }
    for text in ["(+ 1 2)", "5", "car", "(let () (lambda (i o) 1))"] {
        check_task_mistakes(text, &[&format!("{text}: a remote task is a procedure of two ports; {WRITE}")]);
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    check_mistakes(&[(
        "(hash-tabel-ref i 'k) (cons 1 2 3 (list 4)) (define (area w h) (* w h)) (area 1) \
         (let ((x 1) (x 2) (y)) y) (if) (set! z 1) (for-each display (1 2 3)) (cond (else 1) (i 2))",
        &[
            "hash-tabel-ref: unbound variable `hash-tabel-ref`; did you mean `hash-table-ref`?",
            "(cons 1 2 3 (list 4)): `cons` takes 2 arguments, got 4",
            "(area 1): `area` takes 2 arguments, got 1",
            "x: duplicate binding `x`",
            "(y): malformed let binding: expected (name value)",
            "(if): malformed if: expected (if test then [else])",
            "z: set! of unbound variable `z`",
            "1: this literal is not a procedure; to write a list as data use (quote (…))",
            "else: `else` must be the last clause",
        ],
    )]);
}

#[test]
fn unbound_names_come_with_a_guess() {
    check_mistakes(&[
        ("(vectr-ref i 0)", &["vectr-ref: unbound variable `vectr-ref`; did you mean `vector-ref`?"]),
        ("(let ((total 1)) totl)", &["totl: unbound variable `totl`; did you mean `total`?"]),
        ("(set! totl 1)", &["totl: set! of unbound variable `totl`"]),
        ("(let ((total 1)) (set! totl 1))", &["totl: set! of unbound variable `totl`; did you mean `total`?"]),
        ("(%box 1)", &["%box: `%box` is a reserved name: programs cannot use what begins with `%`"]),
        ("xyzzy", &["xyzzy: unbound variable `xyzzy`"]),
        ("(list xyzzy)", &["xyzzy: unbound variable `xyzzy`"]),
        (
            "(xyzzy 1 2)",
            &["xyzzy: unbound variable `xyzzy`; if the slave's own program offers it, declare it: extern (xyzzy 2)"],
        ),
    ]);
}

#[test]
fn names_that_tasks_do_without_come_with_what_to_write() {
    const PAIRS: &str = "pairs are immutable in tasks: build a new list, or keep what changes in a variable, a vector or \
                         a hash table";
    const STRINGS: &str = "strings are immutable in tasks: build a new one, or fill a vector of characters and use \
                           vector->string";
    for (name, remedy) in [
        ("set-car!", PAIRS),
        ("set-cdr!", PAIRS),
        ("string-set!", STRINGS),
        ("string-fill!", STRINGS),
        ("eval", "a task is compiled before it is sent and cannot evaluate other text"),
        ("open-input-file", "a task has no files: splice what it needs, or send it over the task's ports"),
        ("add1", "write (+ x 1)"),
        ("-1+", "write (- x 1)"),
        ("nil", "the empty list is (quote ())"),
        ("printf", "write the parts one by one with display, or join them with string-append and number->string"),
        ("foldl", "write (fold procedure seed list)"),
        ("exit", "a task has no process of its own: splice what it needs, and return to end it"),
    ] {
        check_mistakes(&[(&format!("({name} i)"), &[&format!("{name}: tasks have no `{name}`; {remedy}")])]);
    }
    check_mistakes(&[
        (
            "(define-struct point (x y)) 1",
            &["define-struct: tasks have no `define-struct`; records are made with define-record-type"],
        ),
        ("(while (< x 1) (set! x y))", &["while: tasks have no `while`; loops are do, a named let and for-each"]),
        (
            "(define-macro (m x) (foo x)) (m 1)",
            &["define-macro: tasks have no `define-macro`; macros are made with define-syntax and syntax-rules"],
        ),
    ]);
}

#[test]
fn wrong_numbers_of_arguments_are_found_where_the_procedure_is_known() {
    check_mistakes(&[
        ("(car)", &["(car): `car` takes 1 argument, got 0"]),
        ("(make-vector)", &["(make-vector): `make-vector` takes 1 to 2 arguments, got 0"]),
        ("(map car)", &["(map car): `map` takes at least 2 arguments, got 1"]),
        ("((lambda (x) x))", &["((lambda (x) x)): this procedure takes 1 argument, got 0"]),
        ("((lambda (x . y) x))", &["((lambda (x . y) x)): this procedure takes at least 1 argument, got 0"]),
        ("(define (f x) x) (f)", &["(f): `f` takes 1 argument, got 0"]),
        ("(let ((f (lambda () 1))) (f 2))", &["(f 2): `f` takes 0 arguments, got 1"]),
        ("(let loop ((k 0) (l 1)) (loop 1))", &["(loop 1): `loop` takes 2 arguments, got 1"]),
        (
            "(define f (case-lambda ((a) 1) ((a b c) 2))) (f 1 2)",
            &["(f 1 2): `f` takes 1 argument or 3 arguments, got 2"],
        ),
        (
            "(define-record-type p (mk a) p? (a pa)) (mk) (pa 1 2) (p?)",
            &[
                "(mk): `mk` takes 1 argument, got 0",
                "(pa 1 2): `pa` takes 1 argument, got 2",
                "(p?): `p?` takes 1 argument, got 0",
            ],
        ),
        ("(apply cons 1 2 3 i)", &["(apply cons 1 2 3 i): `cons` takes 2 arguments, got at least 3"]),
        ("(car 1 2 ,@xs)", &["(car 1 2 ,@xs): `car` takes 1 argument, got at least 2"]),
    ]);
}

#[test]
fn a_shadowed_or_changing_procedure_is_not_checked() {
    for body in [
        "(define (cons x) x) (cons 1)",
        "(let ((car list)) (car 1 2 3))",
        "(define (f x) x) (set! f list) (f 1 2)",
        "(let ((f (lambda (x) x))) (set! f list) (f))",
        "(lambda (f) (f 1 2 3))",
        "(define f (if i car cons)) (f 1 2)",
    ] {
        super::lowered(body);
    }
}

#[test]
fn malformed_forms_show_how_they_are_written() {
    for (form, shape) in [
        ("(quote)", "(quote datum)"),
        ("(quasiquote 1 2)", "(quasiquote datum)"),
        ("(lambda)", "(lambda (parameter …) body …)"),
        ("(if i)", "(if test then [else])"),
        ("(if 1 2 3 4)", "(if test then [else])"),
        ("(set! i)", "(set! name value)"),
        ("(let)", "(let ((name value) …) body …)"),
        ("(let*)", "(let* ((name value) …) body …)"),
        ("(letrec)", "(letrec ((name value) …) body …)"),
        ("(letrec*)", "(letrec* ((name value) …) body …)"),
        ("(let-values)", "(let-values (((name …) expression) …) body …)"),
        ("(let*-values i 1)", "(let*-values (((name …) expression) …) body …)"),
        ("(receive (a))", "(receive (name …) expression body …)"),
        ("(do)", "(do ((name first [next]) …) (test value …) command …)"),
        ("(do ((a 1)) ())", "(do ((name first [next]) …) (test value …) command …)"),
        ("(cond)", "(cond (test body …) …)"),
        ("(case)", "(case key ((datum …) body …) …)"),
        ("(case i)", "(case key ((datum …) body …) …)"),
        ("(when i)", "(when test body …)"),
        ("(unless)", "(unless test body …)"),
        ("(delay)", "(delay expression)"),
        ("(delay-force 1 2)", "(delay-force expression)"),
        ("(parameterize)", "(parameterize ((parameter value) …) body …)"),
        ("(guard)", "(guard (name clause …) body …)"),
        ("(assert)", "(assert expression)"),
        ("(define)", "(define name value) or (define (name parameter …) body …)"),
        ("(define x)", "(define name value) or (define (name parameter …) body …)"),
        ("(define-values (x))", "(define-values (name …) expression)"),
        ("(define-syntax x)", "(define-syntax keyword (syntax-rules …))"),
        (
            "(define-record-type p)",
            "(define-record-type name (constructor field …) predicate (field accessor [modifier]) …)",
        ),
        ("(let-syntax)", "(let-syntax ((keyword (syntax-rules …)) …) body …)"),
        ("(syntax-error)", "(syntax-error \"message\" datum …)"),
    ] {
        let name = form.trim_matches(['(', ')']).split(' ').next().unwrap();
        check_mistakes(&[(&format!("{form} 1"), &[&format!("{form}: malformed {name}: expected {shape}")])]);
    }
}

#[test]
fn malformed_parts_are_shown_where_they_stand() {
    check_mistakes(&[
        ("(let ((a 1 2)) a)", &["(a 1 2): malformed let binding: expected (name value)"]),
        ("(let a 1)", &["1: malformed let: expected (let ((name value) …) body …)"]),
        ("(let* (a) a)", &["a: malformed let* binding: expected (name value)"]),
        ("(letrec ((a)) a)", &["(a): malformed letrec binding: expected (name value)"]),
        ("(do ((a)) (#t a))", &["(a): malformed do binding: expected (name first [next])"]),
        ("(let-values ((a)) 1)", &["(a): malformed let-values binding: expected ((name …) expression)"]),
        ("(parameterize (i) 1)", &["i: malformed parameterize binding: expected (parameter value)"]),
        ("(list (begin))", &["(begin): malformed begin: expected (begin expression …)"]),
        ("(cond 5)", &["5: malformed clause: expected (test body …) or (else body …)"]),
        ("(cond (i) ())", &["(): malformed clause: expected (test body …) or (else body …)"]),
        ("(cond (else))", &["(else): malformed clause: expected (else body …)"]),
        ("(cond (i =>))", &["(i =>): malformed clause: expected (test => procedure)"]),
        ("(cond (i => car cdr))", &["(i => car cdr): malformed clause: expected (test => procedure)"]),
        (
            "(case i (1 2))",
            &["1: the data of a case clause must be a list; a clause for one datum is ((datum) body …)"],
        ),
        ("(case i ((1)))", &["((1)): malformed clause: expected ((datum …) body …) or (else body …)"]),
        ("(case i (else 1) ((2) 3))", &["else: `else` must be the last clause"]),
        ("(case-lambda 5)", &["5: malformed case-lambda: expected (case-lambda ((parameter …) body …) …)"]),
        (
            "(guard e 1)",
            &[
                "e: malformed guard: expected (guard (name clause …) body …); the name and the clauses share parentheses: (guard (e clause …) body …)",
            ],
        ),
        ("(lambda (a a) a)", &["a: duplicate parameter `a`"]),
        ("(lambda (a . a) a)", &["a: duplicate parameter `a`"]),
        ("(lambda (1) 1)", &["1: a name must stand here"]),
        ("(lambda 1 1)", &["1: a parameter list is made of names"]),
        ("(set! 1 2)", &["1: set! assigns to a name"]),
        (
            "(set! car 1)",
            &[
                "car: `car` is a procedure of the slave and cannot be assigned; make a variable of your own: (define car …)",
            ],
        ),
        ("(set! if 1)", &["if: `if` is a keyword and cannot be assigned"]),
        (
            "(define-record-type p #f p? (a b c d)) 1",
            &["(a b c d): malformed field: expected (field accessor [modifier])"],
        ),
        ("(define-record-type p (mk z) p? (a pa)) (mk 1)", &["z: `z` is not a field of this record type"]),
        ("(define-record-type p (mk a a) p? (a pa)) (mk 1)", &["a: duplicate field `a`"]),
        ("(define-record-type p #f p? (a pa) (a pb)) (pb 1)", &["a: duplicate field `a`"]),
        ("(define-record-type p 5 p?) 1", &["5: malformed constructor: expected (constructor field …), a name or #f"]),
        ("(cond-expand 5)", &["5: malformed cond-expand: expected (cond-expand (feature body …) … (else body …))"]),
        (
            "(cond-expand (nothing 1))",
            &["(cond-expand (nothing 1)): no clause of this cond-expand applies; end it with (else body …)"],
        ),
        (
            "(cond-expand ((maybe) 1))",
            &["(maybe): malformed requirement: expected a feature, (and …), (or …), (not …) or (library (…))"],
        ),
        ("(syntax-error \"not like this\" 1)", &["(syntax-error \"not like this\" 1): not like this"]),
    ]);
}

#[test]
fn keywords_are_no_values_and_stand_in_their_places() {
    check_mistakes(&[
        ("(map if i)", &["if: `if` is a keyword and cannot be used as a value"]),
        ("(define-syntax m (syntax-rules ())) (list m)", &["m: `m` is a macro and cannot be used as a value"]),
        ("else", &["else: misplaced `else`; `else` begins the last clause of cond, case, guard or cond-expand"]),
        ("(else 1)", &["else: misplaced `else`; `else` begins the last clause of cond, case, guard or cond-expand"]),
        ("(list =>)", &["=>: misplaced `=>`; a clause of cond is (test => procedure)"]),
        ("...", &["...: `...` means something in syntax-rules alone"]),
        ("(unquote i)", &["(unquote i): `unquote` outside of quasiquote"]),
        (
            "(syntax-rules ())",
            &["(syntax-rules ()): syntax-rules stands in define-syntax, let-syntax and letrec-syntax alone"],
        ),
        (
            "(if i (define x 1))",
            &[
                "(define x 1): `define` cannot stand here; definitions stand at the head of a body; wrap them in (let () …)",
            ],
        ),
        (
            "(import (scheme base))",
            &[
                "(import (scheme base)): `import` has no place in a task; a task is one procedure over what its slave offers",
            ],
        ),
        (
            "(include \"x\")",
            &["(include \"x\"): `include` has no place in a task; a task is one procedure over what its slave offers"],
        ),
    ]);
}

#[test]
fn what_is_no_expression_is_said_to_be_none() {
    check_mistakes(&[
        ("()", &["(): `()` calls nothing; the empty list is (quote ())"]),
        (
            "(list . 1)",
            &[
                "(list . 1): a dotted list is not an expression; to write it as data use (quote (…)); a call with a list of arguments is (apply f list)",
            ],
        ),
        ("(1 2 3)", &["1: this literal is not a procedure; to write a list as data use (quote (…))"]),
        (
            "(((lambda () 5)) 1)",
            &["((lambda () 5)): this literal is not a procedure; to write a list as data use (quote (…))"],
        ),
        ("(\"f\" 2)", &["\"f\": this literal is not a procedure; to write a list as data use (quote (…))"]),
        ("(cond (1 => 0))", &["0: this literal is not a procedure; to write a list as data use (quote (…))"]),
        ("('f 2)", &["'f: this literal is not a procedure; to write a list as data use (quote (…))"]),
    ]);
}

#[test]
fn bodies_define_first_and_end_in_a_value() {
    check_mistakes(&[
        ("(lambda ())", &["(lambda ()): a body needs an expression; write the expression that gives the value"]),
        ("(let ((x 1)))", &["(let ((x 1))): a body needs an expression; write the expression that gives the value"]),
        (
            "(define x 1)",
            &[
                "(define x 1): a body ends with an expression; after its definitions, write the expression that gives the value",
            ],
        ),
        ("(define x 1) (define x 2) x", &["x: duplicate definition of `x`; to change its value write (set! x …)"]),
        ("(define x 1) (define-syntax x (syntax-rules ())) 1", &["x: duplicate definition of `x`"]),
        (
            "(define f (lambda x y) (+ x y)) (f 1)",
            &[
                "(define f (lambda x y) (+ x y)): malformed define: expected (define name value) or (define (name parameter …) body …); a name is given one value; a procedure is (define (f parameter …) body …)",
            ],
        ),
        ("(define x y) (define y 1) x", &["y: `y` is used before its definition"]),
        ("(define x x) x", &["x: `x` is used before its definition"]),
        ("(define x (let ((z (+ y 1))) z)) (define y 1) x", &["y: `y` is used before its definition"]),
        ("(display y) (define y 1) y", &["y: `y` is used before its definition"]),
        ("(lambda () (define x y) (define y 1) x)", &["y: `y` is used before its definition"]),
    ]);
    // Not for certain.
    super::lowered("(define x (if i y 1)) (define y 1) x");
    super::lowered("(define x (lambda () y)) (define y 1) x");
    super::lowered("(define x (delay y)) (define y 1) x");
}

#[test]
fn macros_are_checked_where_they_are_defined() {
    let with = |rules: &str| format!("(define-syntax m {rules}) (m 1 2)");
    for (rules, mistake) in [
        ("car", "car: a macro is made with syntax-rules; expected (syntax-rules (literal …) (pattern template) …)"),
        (
            "(syntax-rules)",
            "(syntax-rules): malformed syntax-rules: expected (syntax-rules (literal …) (pattern template) …)",
        ),
        ("(syntax-rules (1))", "1: a literal of syntax-rules must be a name"),
        ("(syntax-rules () (_ 1))", "_: a pattern is a list that begins with the keyword"),
        ("(syntax-rules () ((_ a)))", "((_ a)): malformed rule: expected (pattern template)"),
        ("(syntax-rules () ((_ a a) 1))", "a: duplicate pattern variable `a`"),
        ("(syntax-rules () ((_ ... a) 1))", "...: an ellipsis repeats the pattern before it, and there is none"),
        ("(syntax-rules () ((_ a ... b ...) 1))", "(_ a ... b ...): a list of a pattern can repeat one part only"),
        ("(syntax-rules () ((_ a ...) a))", "a: `a` repeats in the pattern, so `...` must follow it in the template"),
        ("(syntax-rules () ((_ a) (a ...)))", "a: `...` follows a template in which nothing repeats"),
    ] {
        check_mistakes(&[(&with(rules), &[mistake])]);
    }
}

#[test]
fn mistakes_inside_an_expansion_are_shown_at_the_use() {
    check_mistakes(&[
        (
            "(define-syntax m (syntax-rules () ((_ a) (car a a)))) (m 1)",
            &["(m 1): `car` takes 1 argument, got 2, in the expansion of `m`"],
        ),
        (
            "(define-syntax m (syntax-rules () ((_ a) (nowhere a)))) (m 1)",
            &[
                "(m 1): unbound variable `nowhere`, in the expansion of `m`; if the slave's own program offers it, declare it: extern (nowhere 1)",
            ],
        ),
        ("(define-syntax m (syntax-rules () ((_ a) (list a)))) (m nowhere)", &["nowhere: unbound variable `nowhere`"]),
        (
            "(define-syntax m (syntax-rules () ((_ a b) 1))) (m 1)",
            &["(m 1): no rule of `m` matches this use; expected (m a b)"],
        ),
        (
            "(define-syntax m (syntax-rules () ((_ (a ...) (b ...)) '((a b) ...)))) (m (1) (2 3))",
            &["(m (1) (2 3)): parts of this use that repeat together differ in length"],
        ),
        (
            "(define-syntax inner (syntax-rules () ((_) (if)))) (define-syntax outer (syntax-rules () ((_) (list (inner))))) (outer)",
            &["(outer): malformed if: expected (if test then [else]), in the expansion of `outer`"],
        ),
        (
            "(define-syntax m (syntax-rules () ((_ a) (syntax-error \"not like this\" a)))) (m 1)",
            &["(m 1): not like this"],
        ),
    ]);
}

#[test]
fn a_mistake_of_a_macro_is_reported_at_one_of_its_uses() {
    const SWAP: &str = "(define-syntax swap! (syntax-rules () ((_ a b) (let ((tmp a)) (set! a b) (set! b tm)))))";
    check_mistakes(&[(
        &format!("{SWAP} (define x 1) (define y 2) (swap! x y) (swap! y x) (swap! x z)"),
        &[
            "(swap! x y): unbound variable `tm`, in the expansion of `swap!`",
            "z: set! of unbound variable `z`",
            "z: unbound variable `z`",
        ],
    )]);
}

#[test]
fn a_test_that_is_a_procedure_has_lost_its_parentheses() {
    const ALWAYS: &str = "which is always true";
    for (body, place, name, help) in [
        ("(do ((k 0 (+ k 1))) (= k 3) (display k))", "=", " `=`", "write ((= k 3) …)"),
        (
            "(do ((k 0 (+ k 1))) (eof-object? (peek-char)))",
            "eof-object?",
            " `eof-object?`",
            "write ((eof-object? (peek-char)) …)",
        ),
        ("(do ((k 0)) (newline) 1)", "newline", " `newline`", "write ((newline) …)"),
        ("(cond (i 1) (odd? 3))", "odd?", " `odd?`", "write ((odd? 3) …)"),
        ("(cond (= 1 2) 3 (else 4))", "=", " `=`", "write ((= 1 2) …)"),
        ("(cond (car => list))", "car", " `car`", "a test that calls something has parentheses of its own"),
        ("(guard (e (string? e)) 1)", "string?", " `string?`", "write ((string? e) …)"),
        ("(cond ((lambda () 1) 2))", "(lambda () 1)", "", "a test that calls something has parentheses of its own"),
    ] {
        let what = if name.is_empty() { "a procedure".into() } else { format!("the procedure{name}") };
        check_mistakes(&[(body, &[&format!("{place}: this test is {what}, {ALWAYS}; {help}")])]);
    }
    for body in [
        "(cond (car) (else 1))",
        "(lambda (odd?) (cond (odd? 1) (else 2)))",
        "(define-syntax try (syntax-rules () ((_ f x) (cond (f (f x)) (else x))))) (try car i)",
        "(if car 1 2)",
    ] {
        super::lowered(body);
    }
}
