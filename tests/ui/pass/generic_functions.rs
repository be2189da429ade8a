use dpfw::{Task, remote};

fn send<T: serde::Serialize>(value: T) -> Task {
    remote!((lambda (i o) ,value))
}

struct Sender {
    n: u32,
}

impl Sender {
    fn task(&self) -> Task {
        remote!((lambda (i o) (iota ,self.n)))
    }
}

fn main() {
    drop((send(1_u8), send("text"), send(vec![1.5]), Sender { n: 3 }.task()));
}
