use dpfw::remote;

fn main() {
    let _ = remote!(
        (lambda (i o)
            (define table (dpfw-slave-ht))
            (hash-table-update! table 'uniqID values (lambda () (let ((n 0)) (lambda () (set! n (+ n 1)) n))))
            (hash-table-update!/default table 'count (lambda (n) (+ n 1)) 0)
            (hash-table-walk table (lambda (key value) (write key o)))
            ((hash-table-ref table 'uniqID)))
    );
}
