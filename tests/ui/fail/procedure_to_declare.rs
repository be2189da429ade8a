use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (count-primes 1 100)));
}
