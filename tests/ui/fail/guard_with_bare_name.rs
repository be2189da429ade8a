use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (guard e (list e))));
}
