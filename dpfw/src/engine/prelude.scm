;; The procedures of the vocabulary that call procedures. They are Scheme and not Rust because a continuation captured
;; inside a native would lose it. Each is compiled when the first template that needs it is.
;;
;; A name that begins with % is not the programs' to call. `%handlers`, `%winders`, `%depth`, `%bindings`, `%output` and
;; `%input` are boxes of the engine's, set back before every task.

;;; Dynamic state: handlers and winders are lists, innermost first; a winder is ((before . after) . (handlers . depth)), for
;;; these run with the handlers of the call of dynamic-wind, wherever control comes from.

(define (call-with-current-continuation receiver)
  (%call/cc
    (lambda (k)
      (let ((winders (%unbox %winders)) (handlers (%unbox %handlers)) (depth (%unbox %depth)))
        (receiver
          (lambda results
            (%rewind winders)
            (%set-box! %handlers handlers)
            (%set-box! %depth depth)
            (k (%list-values results))))))))

(define (call/cc receiver) (call-with-current-continuation receiver))

(define (%rewind to)
  (let ((from (%unbox %winders)))
    (if (not (and (null? from) (null? to)))
        (let ((common (%common-winders from (length from) to (length to))))
          (%wind-out from (- (length from) common))
          (%wind-in to (- (length to) common))))))

;; How many winders from the outside inwards two stacks share.
(define (%common-winders left left-length right right-length)
  (cond ((> left-length right-length) (%common-winders (cdr left) (- left-length 1) right right-length))
        ((< left-length right-length) (%common-winders left left-length (cdr right) (- right-length 1)))
        ((null? left) 0)
        ((eq? (car left) (car right)) left-length)
        (else (%common-winders (cdr left) (- left-length 1) (cdr right) (- right-length 1)))))

(define (%wind-out winders count)
  (if (> count 0)
      (begin
        (%set-box! %winders (cdr winders))
        (%handle-as-in (car winders))
        ((cdr (car (car winders))))
        (%wind-out (cdr winders) (- count 1)))))

(define (%wind-in winders count)
  (if (> count 0)
      (begin
        (%wind-in (cdr winders) (- count 1))
        (%handle-as-in (car winders))
        ((car (car (car winders))))
        (%set-box! %winders winders))))

(define (%handle-as-in winder)
  (%set-box! %handlers (car (cdr winder)))
  (%set-box! %depth (cdr (cdr winder))))

(define (dynamic-wind before thunk after)
  (before)
  (let ((outer (%unbox %winders)))
    (%check-winders outer)
    (%set-box! %winders (cons (cons (cons before after) (cons (%unbox %handlers) (%unbox %depth))) outer))
    (let ((result (thunk)))
      (%set-box! %winders outer)
      (after)
      result)))

(define (call-with-values producer consumer)
  (let* ((result (producer)) (results (%values-list result)))
    (if results (apply consumer results) (consumer result))))

;;; Exceptions. What a native or an instruction signals unwinds Steel's own stack to the nearest %on-error; the handler to
;;; be called then is the first of %handlers, which a handler that is running has shortened.

(define (with-exception-handler handler thunk)
  (let ((handlers (%unbox %handlers)) (depth (%unbox %depth)))
    (%check-handler handler depth)
    (%set-box! %handlers (cons handler handlers))
    (%set-box! %depth (+ depth 1))
    (let ((result (%with-handler %on-error (lambda () (thunk)))))
      (%set-box! %handlers handlers)
      (%set-box! %depth depth)
      result)))

(define (%on-error signalled)
  (let ((condition (%caught signalled)) (handlers (%unbox %handlers)))
    (if (null? handlers)
        (%rethrow condition)
        (begin
          (%set-box! %handlers (cdr handlers))
          ((car handlers) condition)
          (%handler-returned)))))

(define (raise-continuable condition)
  (let ((handlers (%unbox %handlers)))
    (if (null? handlers)
        (%rethrow condition)
        (begin
          (%set-box! %handlers (cdr handlers))
          (let ((result ((car handlers) condition)))
            (%set-box! %handlers handlers)
            result)))))

(define (%guard thunk clauses)
  ((call-with-current-continuation
     (lambda (leave)
       (with-exception-handler
         (lambda (condition)
           ((call-with-current-continuation
              (lambda (return)
                (leave
                  (lambda ()
                    (clauses condition (lambda () (return (lambda () (raise-continuable condition)))))))))))
         (lambda ()
           (let ((result (thunk)))
             (lambda () result))))))))

;;; Parameters. What is bound to one for the time being stands in %bindings, a list of (cell . content) that is emptied
;;; before every task: a task that is interrupted leaves nothing behind. A parameter that is called with a request writes its
;;; cell and its converter there, where programs cannot look, and whatever is called in its place cannot.

(define (make-parameter value . converter)
  (let* ((convert (if (null? converter) #f (car converter)))
         (cell (%box (if convert (convert value) value))))
    (lambda arguments (%parameter-apply cell convert arguments))))

(define (%parameter-apply cell convert arguments)
  (cond ((null? arguments)
         (let ((binding (assq cell (%unbox %bindings))))
           (if binding (cdr binding) (%unbox cell))))
        ((%request? (car arguments)) (%answer (car arguments) cell convert))
        (else (error "a parameter takes no arguments" arguments))))

(define (%parameterize bindings thunk)
  (let ((outer (%unbox %bindings)) (inner (%converted bindings '())))
    (let ((all (append inner outer)))
      (dynamic-wind
        (lambda () (%set-box! %bindings all))
        thunk
        (lambda () (%set-box! %bindings outer))))))

(define (%converted bindings converted)
  (if (null? bindings)
      converted
      (let ((request (%request)))
        ((car (car bindings)) request)
        (let* ((parameter (%answered request)) (convert (cdr parameter)) (value (cdr (car bindings))))
          (%converted (cdr bindings) (cons (cons (car parameter) (if convert (convert value) value)) converted))))))

(define (current-output-port . arguments) (%parameter-apply %output #f arguments))
(define (current-error-port . arguments) (%parameter-apply %output #f arguments))
(define (current-input-port . arguments) (%parameter-apply %input #f arguments))

;;; Promises: a record of one field, a box of (done? . value) or (#f . thunk) that chained promises share.

(define (%make-lazy thunk) (%record %promise-type (%box (cons #f thunk))))
(define (%make-delayed thunk) (%make-lazy (lambda () (%make-kept (thunk)))))
(define (%make-kept value) (%record %promise-type (%box (cons #t value))))
(define (promise? object) (%record? object %promise-type))

(define (make-promise value)
  (if (promise? value) value (%make-kept value)))

(define (force promise)
  (if (promise? promise)
      (let ((state (%unbox (%promise-content promise))))
        (if (car state)
            (cdr state)
            (let* ((next ((cdr state))) (newer (%unbox (%promise-content promise))))
              (if (car newer)
                  (cdr newer)
                  (begin
                    (%set-box! (%promise-content promise) (%unbox (%promise-content next)))
                    (%record-set! next %promise-type 0 (%promise-content promise) 'force)
                    (force promise))))))
      promise))

(define (%promise-content promise) (%record-ref promise %promise-type 0 'force))

(define (%checked-unbox cell name)
  (let ((value (%unbox cell)))
    (if (%unassigned? value) (%fail-unassigned name) value)))

;;; Lists.

(define (map procedure list . lists)
  (if (null? lists) (%map1 procedure list) (%map-loop procedure (cons list lists) '())))

(define (%map1 procedure list) (%map1-loop procedure list '()))

(define (%map1-loop procedure list results)
  (if (null? list)
      (reverse results)
      (%map1-loop procedure (cdr list) (cons (procedure (car list)) results))))

(define (%map-loop procedure lists results)
  (if (%any-null? lists)
      (reverse results)
      (%map-loop procedure (%cdrs lists) (cons (apply procedure (%cars lists)) results))))

(define (for-each procedure list . lists)
  (if (null? lists) (%for-each1 procedure list) (%for-each-loop procedure (cons list lists))))

(define (%for-each1 procedure list)
  (if (not (null? list))
      (begin (procedure (car list)) (%for-each1 procedure (cdr list)))))

(define (%for-each-loop procedure lists)
  (if (not (%any-null? lists))
      (begin (apply procedure (%cars lists)) (%for-each-loop procedure (%cdrs lists)))))

(define (append-map procedure list . lists)
  (concatenate (apply map procedure list lists)))

(define (filter-map procedure list . lists)
  (filter (lambda (result) result) (apply map procedure list lists)))

(define (filter keep? list) (%filter-loop keep? list '()))

(define (%filter-loop keep? list kept)
  (cond ((null? list) (reverse kept))
        ((keep? (car list)) (%filter-loop keep? (cdr list) (cons (car list) kept)))
        (else (%filter-loop keep? (cdr list) kept))))

(define (remove drop? list) (filter (lambda (item) (not (drop? item))) list))

(define (partition in? list) (%partition-loop in? list '() '()))

(define (%partition-loop in? list ins outs)
  (cond ((null? list) (values (reverse ins) (reverse outs)))
        ((in? (car list)) (%partition-loop in? (cdr list) (cons (car list) ins) outs))
        (else (%partition-loop in? (cdr list) ins (cons (car list) outs)))))

(define (fold combine seed list . lists)
  (if (null? lists) (%fold1 combine seed list) (%fold-loop combine seed (cons list lists))))

(define (%fold1 combine seed list)
  (if (null? list) seed (%fold1 combine (combine (car list) seed) (cdr list))))

(define (%fold-loop combine seed lists)
  (if (%any-null? lists)
      seed
      (%fold-loop combine (apply combine (append (%cars lists) (list seed))) (%cdrs lists))))

(define (fold-left combine seed list . lists)
  (if (null? lists) (%fold-left1 combine seed list) (%fold-left-loop combine seed (cons list lists))))

(define (%fold-left1 combine seed list)
  (if (null? list) seed (%fold-left1 combine (combine seed (car list)) (cdr list))))

(define (%fold-left-loop combine seed lists)
  (if (%any-null? lists)
      seed
      (%fold-left-loop combine (apply combine seed (%cars lists)) (%cdrs lists))))

(define (fold-right combine seed list . lists)
  (if (null? lists)
      (%fold1 combine seed (reverse list))
      (%fold-right-loop combine seed (reverse (apply map (lambda items items) list lists)))))

(define (%fold-right-loop combine seed rows)
  (if (null? rows)
      seed
      (%fold-right-loop combine (apply combine (append (car rows) (list seed))) (cdr rows))))

(define (reduce combine default list)
  (if (null? list) default (%fold1 combine (car list) (cdr list))))

(define (reduce-right combine default list)
  (if (null? list)
      default
      (let ((backwards (reverse list)))
        (%fold1 combine (car backwards) (cdr backwards)))))

(define (find found? list)
  (cond ((null? list) #f)
        ((found? (car list)) (car list))
        (else (find found? (cdr list)))))

(define (find-tail found? list)
  (cond ((null? list) #f)
        ((found? (car list)) list)
        (else (find-tail found? (cdr list)))))

(define (any test list . lists)
  (if (null? lists) (%any1 test list) (%any-loop test (cons list lists))))

(define (%any1 test list)
  (cond ((null? list) #f)
        ((null? (cdr list)) (test (car list)))
        (else (or (test (car list)) (%any1 test (cdr list))))))

(define (%any-loop test lists)
  (if (%any-null? lists)
      #f
      (or (apply test (%cars lists)) (%any-loop test (%cdrs lists)))))

(define (every test list . lists)
  (if (null? lists) (%every1 test list) (%every-loop test (cons list lists) #t)))

(define (%every1 test list)
  (cond ((null? list) #t)
        ((null? (cdr list)) (test (car list)))
        (else (and (test (car list)) (%every1 test (cdr list))))))

(define (%every-loop test lists last)
  (if (%any-null? lists)
      last
      (let ((result (apply test (%cars lists))))
        (and result (%every-loop test (%cdrs lists) result)))))

(define (list-index test list . lists) (%list-index-loop test (cons list lists) 0))

(define (%list-index-loop test lists index)
  (cond ((%any-null? lists) #f)
        ((apply test (%cars lists)) index)
        (else (%list-index-loop test (%cdrs lists) (+ index 1)))))

(define (count test list . lists) (%count-loop test (cons list lists) 0))

(define (%count-loop test lists total)
  (cond ((%any-null? lists) total)
        ((apply test (%cars lists)) (%count-loop test (%cdrs lists) (+ total 1)))
        (else (%count-loop test (%cdrs lists) total))))

(define (take-while test list) (%take-while-loop test list '()))

(define (%take-while-loop test list taken)
  (if (or (null? list) (not (test (car list))))
      (reverse taken)
      (%take-while-loop test (cdr list) (cons (car list) taken))))

(define (drop-while test list)
  (if (or (null? list) (not (test (car list)))) list (drop-while test (cdr list))))

(define (member item list . same)
  (if (null? same) (%member item list) (%member-by item list (car same))))

(define (%member-by item list same?)
  (cond ((null? list) #f)
        ((same? item (car list)) list)
        (else (%member-by item (cdr list) same?))))

(define (assoc key list . same)
  (if (null? same) (%assoc key list) (%assoc-by key list (car same))))

(define (%assoc-by key list same?)
  (cond ((null? list) #f)
        ((same? key (car (car list))) (car list))
        (else (%assoc-by key (cdr list) same?))))

(define (delete item list . same)
  (let ((same? (if (null? same) equal? (car same))))
    (filter (lambda (other) (not (same? item other))) list)))

(define (delete-duplicates list . same)
  (%delete-duplicates-loop (if (null? same) equal? (car same)) list '()))

(define (%delete-duplicates-loop same? list kept)
  (cond ((null? list) (reverse kept))
        ((%any1 (lambda (earlier) (same? earlier (car list))) kept)
         (%delete-duplicates-loop same? (cdr list) kept))
        (else (%delete-duplicates-loop same? (cdr list) (cons (car list) kept)))))

(define (list-tabulate count procedure) (%map1 procedure (iota count)))

(define (unfold stop? mapper successor seed) (%unfold-loop stop? mapper successor seed '()))

(define (%unfold-loop stop? mapper successor seed items)
  (if (stop? seed)
      (reverse items)
      (%unfold-loop stop? mapper successor (successor seed) (cons (mapper seed) items))))

(define (list-sort less? list) (sort list less?))

(define (sort sequence less?)
  (if (vector? sequence)
      (list->vector (%sort-list (vector->list sequence) (vector-length sequence) less?))
      (%sort-list sequence (length sequence) less?)))

(define (%sort-list list count less?)
  (or (%sort-by-native list less?) (%merge-sort list count less?)))

(define (%merge-sort list count less?)
  (if (< count 2)
      (take list count)
      (let ((half (quotient count 2)))
        (%merge (%merge-sort list half less?)
                (%merge-sort (drop list half) (- count half) less?)
                less?
                '()))))

(define (%merge left right less? merged)
  (cond ((null? left) (append-reverse merged right))
        ((null? right) (append-reverse merged left))
        ((less? (car right) (car left)) (%merge left (cdr right) less? (cons (car right) merged)))
        (else (%merge (cdr left) right less? (cons (car left) merged)))))

;;; Strings and vectors.

(define (string-map procedure string . strings)
  (list->string (apply map procedure (string->list string) (%map1 string->list strings))))

(define (string-for-each procedure string . strings)
  (apply for-each procedure (string->list string) (%map1 string->list strings)))

(define (string-index string wanted)
  (if (char? wanted)
      (%string-index string wanted)
      (%list-index-loop wanted (list (string->list string)) 0)))

(define (vector-map procedure vector . vectors)
  (list->vector (apply map procedure (vector->list vector) (%map1 vector->list vectors))))

(define (vector-for-each procedure vector . vectors)
  (apply for-each procedure (vector->list vector) (%map1 vector->list vectors)))

;;; Hash tables.

(define (dpfw-slave-ht) %slave-table)

(define (hash-table-ref table key . failure)
  (if (null? failure) (%hash-table-ref table key) (%hash-table-ref/else table key (car failure))))

(define (%hash-table-ref/else table key failure)
  (let ((value (hash-table-ref/default table key (%unassigned))))
    (if (%unassigned? value) (failure) value)))

(define (hash-table-update! table key procedure . failure)
  (hash-table-set! table key
    (procedure
      (if (null? failure) (%hash-table-ref table key) (%hash-table-ref/else table key (car failure))))))

(define (hash-table-update!/default table key procedure default)
  (hash-table-set! table key (procedure (hash-table-ref/default table key default))))

(define (hash-table-walk table procedure)
  (%for-each1 (lambda (entry) (procedure (car entry) (cdr entry))) (hash-table->alist table)))

(define (hash-table-fold table combine seed)
  (%fold1 (lambda (entry total) (combine (car entry) (cdr entry) total)) seed (hash-table->alist table)))

;;; Ports.

(define (call-with-port port procedure)
  (let ((result (procedure port)))
    (close-port port)
    result))
