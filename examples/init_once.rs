//! What is dear to build is built once on each slave, kept in the slave's table, and used by many tasks.
//!
//! ```text
//! cargo run -p dpfw-examples --example init_once
//! ```

use std::time::{Duration, Instant};

use dpfw::{Task, remote, testing::LocalCluster};
use dpfw_examples::Outcome;
use futures::TryStreamExt;

const SLAVES: usize = 2;
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
                (do ((p 2 (+ p 1))) ((>= (* p p) size) sieve)
                    (if (vector-ref sieve p)
                        (do ((k (* p p) (+ k p))) ((>= k size)) (vector-set! sieve k #f))))))
        (define sieve
            (hash-table-ref (dpfw-slave-ht) 'sieve
                (lambda ()
                    (let ((sieve (make-sieve ,limit)))
                        (hash-table-set! (dpfw-slave-ht) 'sieve sieve)
                        (hash-table-update!/default (dpfw-slave-ht) 'sieves-made (lambda (n) (+ n 1)) 0)
                        sieve))))
        (vector-ref sieve ,n)))
}

#[tokio::main]
async fn main() -> Outcome {
    dpfw_examples::limit_time();
    let cluster = LocalCluster::start(SLAVES).await;
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
    let gain = times[0].as_secs_f64() / later.as_secs_f64();
    println!("the first question took {:?}, later ones {later:?} each: {gain:.0} times less", times[0]);

    // Many at once, on all slaves.
    let numbers = LIMIT - QUESTIONS..LIMIT;
    let answers: Vec<_> = master.map::<bool, _, _>(numbers.clone(), is_prime).buffered(32).try_collect().await?;
    let expected: Vec<bool> =
        numbers.map(|n| (2..n).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d))).collect();
    assert_eq!(answers, expected);
    println!("{} of the {QUESTIONS} numbers below {LIMIT} are prime", answers.iter().filter(|prime| **prime).count());

    // A guard reserves its slave, so each of these is another one.
    let mut guards = Vec::new();
    for _ in 0..SLAVES {
        let slave = master.get_slave().await?;
        let made: u32 =
            slave.run(remote!((lambda (i o) (hash-table-ref/default (dpfw-slave-ht) 'sieves-made 0)))).await?;
        println!("slave {} has made {made} sieve", slave.id());
        assert_eq!(made, 1);
        guards.push(slave);
    }
    Ok(())
}
