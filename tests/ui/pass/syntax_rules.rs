use dpfw::remote;

fn main() {
    let _ = remote!(
        (lambda (i o)
            (define-syntax swap!
                (syntax-rules ()
                    ((_ a b) (let ((tmp a)) (set! a b) (set! b tmp)))))
            (define-syntax my-or
                (syntax-rules ()
                    ((_) #f)
                    ((_ e) e)
                    ((_ e rest ...) (let ((t e)) (if t t (my-or rest ...))))))
            (define-syntax my-let
                (syntax-rules ()
                    ((_ ((name value) ...) body1 body2 ...) ((lambda (name ...) body1 body2 ...) value ...))))
            (let ((tmp 1) (t 2))
                (swap! tmp t)
                (my-let ((x 1) (y 2)) (my-or #f t (+ x y tmp)))))
    );
}
