use dpfw::{Code, remote};

fn main() {
    let name = dpfw::Symbol::from("counter");
    let parameters = vec![Code::from(dpfw::Symbol::from("a")), Code::parse("b").unwrap()];
    let clauses = [Code::parse("((1 2) 'few)").unwrap(), Code::parse("(else 'many)").unwrap()];
    let _ = remote!((lambda (i o) (let ((,name 1)) (map (lambda (,@parameters) a) (list 1) (list 2)) (case counter ,@clauses))));
}
