use dpfw::remote;

#[derive(serde::Serialize)]
enum Reply<'a> {
    Found { name: &'a str, at: Option<u32> },
    Missing,
}

fn main() {
    let reply = Reply::Found { name: "a", at: Some(3) };
    let _ = remote!((lambda (i o)
        (list ,reply ,(Reply::Missing) ,(None::<u8>) ,(()) ,('c') ,(1_u128 << 100) ,(f64::NAN) ,(std::collections::HashMap::from([(1, 2)])))));
}
