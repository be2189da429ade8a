use dpfw::remote;

fn main() {
    let n = 1;
    let _ = remote!((lambda (i o) #u8(1 ,n)));
}
