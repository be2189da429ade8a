use dpfw::remote;

fn main() {
    let _ = remote!((lambda (i o) (write-u8 b'a' o)));
}
