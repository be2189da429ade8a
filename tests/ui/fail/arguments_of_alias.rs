use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (define first-of car) (first-of 1 2)));
}
