use dpfw::remote;

fn main() {
    let value = 1;
    let task = 2;
    let splices = 3;
    let template = 4;
    let append = 5;
    let _ = remote!((lambda (value task) (let ((append 1) (list 2)) (+ append list ,value ,task ,splices ,template ,append))));
}
