use dpfw::{Code, remote};

fn main() -> Result<(), dpfw::SyntaxErrors> {
    let body = Code::parse("(lambda (x) (* x x))")?;
    let bodies = vec![Code::parse("1")?, Code::parse("(+ 1 2)")?];
    let _ = remote!((lambda (i o) (map ,body (list ,@bodies ,(&body)))));
    Ok(())
}
