use dpfw::remote;

fn try_it(text: &str) -> Result<(), Box<dyn std::error::Error>> {
    let task = remote!((lambda (i o) (+ ,(text.parse::<i64>()?) 1)));
    let _ = task.label("parsed");
    Ok(())
}

async fn block() -> dpfw::Task {
    remote!((lambda (i o) (list ,(async { 1 }.await) ,(if true { "yes" } else { "no" }))))
}

fn main() {
    let answer: Result<(), Box<dyn std::error::Error>> = try_it("7");
    assert!(answer.is_ok());
    assert!(try_it("seven").is_err());
    let _ = block();
}
