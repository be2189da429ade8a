use dpfw::remote;

fn main() {
    let _ = remote!(
        (lambda (i o)
            (define p (make-parameter 10 (lambda (x) (* x 2))))
            (guard (e ((symbol? e) (list 'symbol e)) ((error-object? e) (error-object-message e)) (else 'other))
                (parameterize ((p 3))
                    (dynamic-wind
                        (lambda () 'in)
                        (lambda () (call/cc (lambda (k) (if (= (p) 6) (k 1) (raise 'boom)))))
                        (lambda () 'out))
                    (force (delay (make-promise 1)))
                    (call-with-values (lambda () (values 1 2)) cons)
                    (error "message" 1 2))))
    );
}
