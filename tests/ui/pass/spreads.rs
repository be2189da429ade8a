use dpfw::remote;

fn main() {
    let vec = vec![1, 2];
    let array = [1.5, 2.5];
    let names = std::collections::BTreeSet::from(["a", "b"]);
    let deque = std::collections::VecDeque::from([1u8]);
    let slice = &vec[..1];
    let value = dpfw::Value::from(vec![1_i64, 2]);
    let _ = remote!(
        (lambda (i o)
            (+ ,@vec ,@array ,@(vec.iter().map(|x| x * 2).collect::<Vec<_>>()) 1)
            (apply + (quote (,@vec)))
            (quote #(0 ,@slice))
            (list ,@names ,@deque ,@value ,@(&vec)))
    );
}
