;; Ways out of the task language, as the core text of a task's body. Those of Steel's procedures that reach out are here by
;; their names, and what stands for them in other Schemes. `tests/escapes.rs` sends them past the front end to a slave, and
;; `escapes.rs` beside this file past admission to the bare engine. A line `;; WHERE TO: how` comes before each.

;; files: read one
(open-input-file "/etc/hostname")
;; files: read one, by the engine's own name
(#%prim.open-input-file "/etc/hostname")
;; files: write one
(open-output-file "/tmp/dpfw-was-here")
;; files: write one as R7RS does
(call-with-output-file "/tmp/dpfw-was-here" (lambda (_2) (write 1 _2)))
;; files: remove one
(delete-file! "/tmp/dpfw-was-here")
;; files: make a directory
(create-directory! "/tmp/dpfw-was-here")
;; files: list a directory
(read-dir "/")
;; files: look whether one is there
(path-exists? "/etc/hostname")
;; files: go to another directory
(change-current-directory! "/tmp")
;; processes: a shell
(system "touch /tmp/dpfw-was-here")
;; processes: Steel's command builder
(spawn-process (command "touch" (list "/tmp/dpfw-was-here")))
;; processes: find a program
(which "sh")
;; processes: leave this one
(exit 0)
;; processes: leave it at once
(emergency-exit 0)
;; processes: its arguments
(command-line)
;; environment: read a variable
(env-var "HOME")
;; environment: read one as R7RS does
(get-environment-variable "HOME")
;; environment: read it all
(get-environment-variables)
;; environment: write a variable
(set-env-var! "HOME" "/tmp")
;; network: dial
(tcp-connect "127.0.0.1:9")
;; network: listen
(tcp-listen "127.0.0.1:0")
;; network: poll
(make-poller)
;; network: ask a web server
(http-get "http://127.0.0.1:9/")
;; threads: one of the system's
(spawn-native-thread (lambda () 1))
;; threads: one of SRFI 18
(thread-start! (make-thread (lambda () 1)))
;; threads: channels
(channels/new)
;; clock: sleep in the system
(time/sleep-ms 1)
;; clock: the calendar
(local-time/now! "%Y")
;; clock: the system's
(system-time/now)
;; clock: its milliseconds
(current-milliseconds)
;; clock: random numbers of the system
(rng->gen-usize (thread-rng!))
;; libraries: load a dynamic one
(#%require-dylib "libc.so.6" (only-in exit))
;; libraries: build one
(#%build-dylib "/tmp")
;; eval: data
(eval (quote (+ 1 2)))
;; eval: Steel's own
(eval! (quote (+ 1 2)))
;; eval: text
(eval-string "(+ 1 2)")
;; eval: read a program from a file
(load "/etc/hostname")
;; eval: require a file
(require "/etc/hostname")
;; eval: require what is built in
(require-builtin steel/process)
;; eval: import a library
(import (scheme file))
;; eval: include a file
(include "/etc/hostname")
;; eval: a macro
(define-syntax m (syntax-rules () ((m) 1)))
;; engine: another one
(Engine::new)
;; engine: its modules
(%module-get% %-builtin-module-steel/filesystem (quote read-dir))
;; engine: its modules, by a procedure
(load-from-module! %-builtin-module-steel/filesystem "read-dir")
;; engine: its code
(inspect car)
;; engine: its collector
(#%gc-collect)
;; engine: its syntax
(#%begin 1)
;; engine: a name behind bars
(|#%prim.read-dir| "/")
;; engine: a name in disguise
(|env-v\x61;r| "HOME")
;; engine: what its prelude keeps for the running task
(%unbox %handlers)
;; engine: its prelude's way to the heap
(%in-heap)
;; engine: a registered function, by number
(%call-user 0)
;; redefinition: of a procedure that all have
(set! car cdr)
;; redefinition: by a definition
(define car cdr)
;; redefinition: of a name of the engine's
(#%define car cdr)
;; other tasks: a local of one
(write _9 _1)
;; other tasks: where they print
(%set-box! %output _1)
;; other tasks: their ports
(task-ports)
;; other tasks: their promises
(current-task)
