use dpfw::remote;

macro_rules! add {
    ($a:expr, $b:expr) => {
        remote!((lambda (i o) (exact-integer? (+ ,$a ,$b))))
    };
}

macro_rules! forward {
    ($($tokens:tt)*) => { remote!($($tokens)*) };
}

macro_rules! named {
    ($name:ident) => {
        remote!((lambda (i o) (- ,$name 1)))
    };
}

macro_rules! literal {
    ($text:literal) => {
        remote!($text)
    };
}

fn main() {
    let n = 4;
    assert_ne!(add!(n, n + 2).place().line(), 0);
    let _ = forward!((lambda (i o) (hash-table-ref/default (dpfw-slave-ht) 'n ,n)));
    let _ = named!(n);
    let _ = literal!("(lambda (i o) (+ ,n 1))");
}
