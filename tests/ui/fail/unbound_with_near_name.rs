use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (hash-tabel-ref (dpfw-slave-ht) 'k)));
}
