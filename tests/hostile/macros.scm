;; Macros that grow: the checker ends them, before anything is sent.
;; expect refused: a macro that doubles
(lambda (i o) (define-syntax d (syntax-rules () ((_ x) (d (x x))))) (d 1))
;; expect refused: a macro that quadruples what it is given
(lambda (i o)
  (define-syntax a (syntax-rules () ((_ x ...) (b x ... x ... x ... x ...))))
  (define-syntax b (syntax-rules () ((_ x ...) (a x ... x ...))))
  (a 1 2 3 4))
;; expect refused: a macro of macros
(lambda (i o)
  (let-syntax ((m (syntax-rules () ((_ n) (let-syntax ((n (syntax-rules () ((_ x) (m x))))) (n n))))))
    (m again)))
;; expect refused: a macro that calls itself
(lambda (i o) (define-syntax m (syntax-rules () ((_) (m)))) (m))
;; expect refused: two macros that call each other
(lambda (i o) (define-syntax a (syntax-rules () ((_) (b)))) (define-syntax b (syntax-rules () ((_) (a)))) (a))
;; expect refused: a macro that defines itself again
(lambda (i o) (define-syntax m (syntax-rules () ((_) (begin (define-syntax m (syntax-rules () ((_) (m)))) (m))))) (m) 1)
;; expect refused: ellipses within ellipses
(lambda (i o)
  (define-syntax m (syntax-rules () ((_ (x ...) ...) (m ((x ...) (x ...) ...) ...))))
  (m (1 2) (3 4)))
;; expect refused: an ellipsis of nothing
(lambda (i o) (define-syntax m (syntax-rules () ((_ x) (list x ...)))) (m 1))
;; expect refused: two ellipses in one pattern
(lambda (i o) (define-syntax m (syntax-rules () ((_ x ... y ...) (list x ... y ...)))) (m 1 2 3))
;; expect refused: a pattern that matches nothing
(lambda (i o) (define-syntax m (syntax-rules ())) (m 1))
;; expect refused: a macro that quotes what it builds
(lambda (i o) (define-syntax m (syntax-rules () ((_ x) (m '(x x x x))))) (m 1))
;; expect refused: a macro that takes a core form away
(lambda (i o) (define-syntax m (syntax-rules () ((_ n) (let-syntax ((n (syntax-rules () ((_ . r) (system . r))))) (n "true"))))) (m if))
;; expect value 3: a macro that looks like a form
(lambda (i o) (define-syntax if (syntax-rules () ((_ a b c) (+ a b)))) (if 1 2 #f))
;; expect value 2: what it redefined is as it was
(lambda (i o) (if #t 2 3))
;; expect refused: vectors that double
(lambda (i o) (define-syntax m (syntax-rules () ((_ #(x ...)) (m #(x ... x ...))))) (m #(1 2)))
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
