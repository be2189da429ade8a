;; Ways out of the task language. What the checker refuses never leaves the program.
;; expect refused: a shell
(lambda (i o) (system "touch /tmp/dpfw-was-here"))
;; expect refused: Steel's command builder
(lambda (i o) (spawn-process (command "touch" '("/tmp/dpfw-was-here"))))
;; expect refused: a file to write
(lambda (i o) (open-output-file "/tmp/dpfw-was-here"))
;; expect refused: a file to read
(lambda (i o) (read-line (open-input-file "/etc/passwd")))
;; expect refused: R7RS files
(lambda (i o) (call-with-output-file "/tmp/dpfw-was-here" (lambda (p) (write 1 p))))
;; expect refused: with-input-from-file
(lambda (i o) (with-input-from-file "/etc/passwd" read))
;; expect refused: removing a file
(lambda (i o) (delete-file "/tmp/x"))
;; expect refused: looking for a file
(lambda (i o) (file-exists? "/etc/passwd"))
;; expect refused: the environment
(lambda (i o) (get-environment-variable "HOME"))
;; expect refused: the whole environment
(lambda (i o) (get-environment-variables))
;; expect refused: Steel's name for it
(lambda (i o) (maybe-get-env-var "HOME"))
;; expect refused: the command line
(lambda (i o) (command-line))
;; expect refused: leaving the process
(lambda (i o) (exit 0))
;; expect refused: leaving it at once
(lambda (i o) (emergency-exit 0))
;; expect refused: eval
(lambda (i o) (eval '(+ 1 2)))
;; expect refused: eval with an environment
(lambda (i o) (eval '(+ 1 2) (interaction-environment)))
;; expect refused: eval of text
(lambda (i o) (eval-string "(+ 1 2)"))
;; expect refused: load
(lambda (i o) (load "/etc/passwd"))
;; expect refused: require
(lambda (i o) (require "steel/result"))
;; expect refused: require-builtin
(lambda (i o) (require-builtin steel/process))
;; expect refused: a library
(lambda (i o) (import (scheme file)) (open-input-file "/etc/passwd"))
;; expect refused: include
(lambda (i o) (include "/etc/passwd"))
;; expect refused: a dynamic library
(lambda (i o) (#%require-dylib "libc.so.6"))
;; expect refused: another engine
(lambda (i o) (Engine::new))
;; expect refused: the engine's modules
(lambda (i o) (%module-get% %-builtin-module-steel/filesystem 'read-dir))
;; expect refused: a name with bars
(lambda (i o) (|#%prim.read-dir| "/"))
;; expect refused: an internal of the prelude
(lambda (i o) (%in-heap))
;; expect refused: the prelude's boxes
(lambda (i o) (%set-box! %handlers '()))
;; expect refused: a numbered local
(lambda (i o) _0)
;; expect refused: threads
(lambda (i o) (spawn-native-thread (lambda () 1)))
;; expect refused: SRFI-18 threads
(lambda (i o) (thread-start! (make-thread (lambda () 1))))
;; expect refused: the network
(lambda (i o) (tcp-connect "127.0.0.1:22"))
;; expect refused: sleeping in the system
(lambda (i o) (time/sleep-ms 1000))
;; expect refused: redefining for all
(lambda (i o) (set! car cdr))
;; expect value 3: redefining for oneself
(lambda (i o) (define (car x) 3) (car '(1)))
;; expect value (1 2): what the task before defined is gone
(lambda (i o) (list (car '(1)) 2))
;; expect refused: the syntax of the engine
(lambda (i o) (#%begin 1))
;; expect refused: a macro of the engine
(lambda (i o) (define-macro (m x) x))
;; expect refused: garbage collector
(lambda (i o) (#%gc-collect))
;; expect refused: inspecting bytecode
(lambda (i o) (inspect car))
;; expect refused: random numbers of the system
(lambda (i o) (rng->gen-usize))
;; expect refused: current directory
(lambda (i o) (current-directory))
;; expect refused: a port of the process
(lambda (i o) (write 1 (stdout)))
;; expect refused: a file procedure handed to a macro
(lambda (i o) (define-syntax m (syntax-rules () ((_ f) (f "/etc/passwd")))) (m open-input-file))
;; expect refused: eval spelled with an escape
(lambda (i o) (|ev\x61;l| '(exit 1)))
;; expect refused: an engine within the engine
(lambda (i o) (Engine::new))
;; expect refused: a keyword of Steel's expander
(lambda (i o) (%plain-let ((a 1)) a))
;; expect value 3: locals that are called as the printer calls things
(lambda (i o) (let ((g0 1) (v0 2) (k0 3) (k 4) (itself 5) (constant 6)) k0))
;; expect value (|a) (define (car x) 1| b): symbols that look like code
(lambda (i o) (list '|a) (define (car x) 1| 'b))
;; expect value 5: and nothing was defined by them
(lambda (i o) (car '(5)))
;; expect raised: a symbol is no procedure
(lambda (i o) ((string->symbol "open-input-file") "/etc/passwd"))
;; expect raised: what is read is no code
(lambda (i o) (apply (car (read (open-input-string "(exit 1)"))) '(1)))
;; expect value 5: the next task
(lambda (i o) (+ 2 3))
