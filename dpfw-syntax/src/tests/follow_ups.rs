//! One mistake is one message: what follows from it is not reported.

use super::check_mistakes;

#[test]
fn a_misspelt_keyword_hides_what_stands_in_its_form() {
    check_mistakes(&[
        ("(defin (f x) (+ x 1)) (f 2)", &["defin: unbound variable `defin`; did you mean `define`?"]),
        (
            "(define-value (a b) (g)) (+ a b)",
            &["define-value: unbound variable `define-value`; did you mean `define-values`?"],
        ),
        (
            "(define-record-typ point) (define (f) 1) (point (f))",
            &["define-record-typ: unbound variable `define-record-typ`; did you mean `define-record-type`?"],
        ),
        ("(lamda (x) x)", &["lamda: unbound variable `lamda`; did you mean `lambda`?"]),
        ("(lett ((x 1)) x)", &["lett: unbound variable `lett`; did you mean `let`?"]),
        (
            "(vectr-ref x 0)",
            &["vectr-ref: unbound variable `vectr-ref`; did you mean `vector-ref`?", "x: unbound variable `x`"],
        ),
    ]);
    super::lowered("(define (defin x) x) (defin 1)");
}

#[test]
fn a_broken_definition_defines_its_names() {
    check_mistakes(&[
        ("(define-syntax m (syntax-rules () ((_ a a) 1))) (m x y) (m d 1) d", &["a: duplicate pattern variable `a`"]),
        (
            "(define-syntax m) (m x y) 1",
            &["(define-syntax m): malformed define-syntax: expected (define-syntax keyword (syntax-rules …))"],
        ),
        (
            "(define-values (a b)) (+ a b)",
            &["(define-values (a b)): malformed define-values: expected (define-values (name …) expression)"],
        ),
        ("(define (my-gcd 5 b) (if (zero? b) a (my-gcd b a))) (my-gcd 1 2)", &["5: a name must stand here"]),
        ("(define ((f 5) b) (list a b)) f", &["5: a name must stand here"]),
    ]);
}

#[test]
fn bindings_without_parentheses_around_them_are_one_mistake() {
    const LET: &str = "expected ((name value) …); write ((y (* x 2)))";
    let x = |form: &str, keyword: &str| {
        let body = format!("(define x 1) {form}");
        check_mistakes(&[(&body, &[&format!("(y (* x 2)): malformed {keyword} bindings: {LET}")])]);
    };
    x("(let (y (* x 2)) (+ y 1))", "let");
    x("(let loop (y (* x 2)) (loop y))", "let");
    x("(let* (y (* x 2)) (+ y 1))", "let*");
    x("(letrec (y (* x 2)) (+ y 1))", "letrec");
    check_mistakes(&[
        (
            "(do (k 0 (+ k 1)) ((= k 3)) (display k))",
            &["(k 0 (+ k 1)): malformed do bindings: expected ((name first [next]) …); write ((k 0 (+ k 1)))"],
        ),
        (
            "(define p (make-parameter 1)) (parameterize (p 2) (p))",
            &["(p 2): malformed parameterize bindings: expected ((parameter value) …); write ((p 2))"],
        ),
        (
            "(let (y \"a text that is too long for a sentence, as a message is one\") y)",
            &["(y \"a text that is too long for a sentence, as a message is one\"): malformed let bindings: expected \
               ((name value) …); around all bindings there are parentheses too"],
        ),
    ]);
}
