use dpfw::remote;

fn main() {
    let _ = remote!(
        (lambda (i o)
            (define-values (q r) (floor/ 7 2))
            (define total 0)
            (set! total (+ q r))
            (let*-values (((a b) (values 1 2)) ((c . rest) (values 3 4 5)))
                (letrec ((even (lambda (n) (if (= n 0) #t (odd (- n 1))))) (odd (lambda (n) (if (= n 0) #f (even (- n 1))))))
                    (letrec* ((x 1) (y (+ x 1)))
                        (receive (first . others) (values a b c)
                            (list total rest even odd y first others))))))
    );
}
