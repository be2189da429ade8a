use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (begin (import (scheme base)) 1)));
}
