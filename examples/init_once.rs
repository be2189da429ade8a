//! A table that is dear to build is built once on each slave, and used by many tasks.

use std::time::{Duration, Instant};

use dpfw::{Task, remote, testing::LocalCluster};
use dpfw_examples::Outcome;
use futures::StreamExt;

const LIMIT: u32 = 20_000;
const QUESTIONS: u32 = 200;

/// Asks whether `n` is prime. The first task on a slave sieves, and keeps the sieve in the slave's table.
fn is_prime(n: u32) -> Task {
    let limit = LIMIT;
    remote!((lambda (i o)
        (define (make-sieve size)
            (let ((sieve (make-vector size #t)))
                (vector-set! sieve 0 #f)
                (vector-set! sieve 1 #f)
                (let next ((p 2))
                    (if (< (* p p) size)
                        (begin
                            (if (vector-ref sieve p)
                                (do ((k (* p p) (+ k p))) ((>= k size)) (vector-set! sieve k #f)))
                            (next (+ p 1)))))
                sieve))
        (define sieve
            (hash-table-ref (dpfw-slave-ht) 'sieve
                (lambda ()
                    (let ((sieve (make-sieve ,limit)))
                        (hash-table-set! (dpfw-slave-ht) 'sieve sieve)
                        sieve))))
        (vector-ref sieve ,n)))
}

#[tokio::main]
async fn main() -> Outcome {
    let cluster = LocalCluster::start(2).await;
    let master = cluster.master();

    // One after another on one slave: the first question pays for the sieve.
    let slave = master.get_slave().await?;
    let mut times = Vec::new();
    for n in 0..10 {
        let start = Instant::now();
        slave.run::<bool>(is_prime(n)).await?;
        times.push(start.elapsed());
    }
    drop(slave);
    let later = times[1..].iter().sum::<Duration>() / 9;
    println!("first question: {:?}, later ones: {later:?} each", times[0]);
    assert!(later < times[0], "the sieve was built again");

    // Many at once, on both slaves.
    let numbers = LIMIT - QUESTIONS..LIMIT;
    let answers: Vec<_> = master.map(numbers.clone(), is_prime).buffered(32).collect().await;
    let answers: Vec<bool> = answers.into_iter().collect::<Result<_, _>>()?;
    let expected: Vec<bool> = numbers.map(|n| (2..n).take_while(|d| d * d <= n).all(|d| n % d != 0)).collect();
    assert_eq!(answers, expected);
    println!("{} of the {QUESTIONS} numbers below {LIMIT} are prime", answers.iter().filter(|prime| **prime).count());
    Ok(())
}
