use dpfw::remote;

fn main() {
    let _ = remote!((+ 1 2));
}
