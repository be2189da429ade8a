//! The same estimate of π twice: as a task that computes in Scheme, and as a task that calls a Rust function which the slave
//! offers. Prints by which factor the second is faster.
//!
//! ```text
//! cargo run --release -p dpfw-examples --example native
//! ```

use std::time::{Duration, Instant};

use dpfw::{F64Vector, Master, Slave, Task, remote};
use dpfw_examples::Outcome;
use futures::TryStreamExt;

/// Points of one task.
const POINTS: u64 = 20_000;
const TASKS: u64 = 16;

/// A linear congruential generator small enough to be the same in Rust and in Scheme (Park and Miller, 1988).
const MULTIPLIER: u64 = 16_807;
const MODULUS: u64 = 2_147_483_647;

/// How many of so many random points of the unit square lie in the circle.
fn hits(seed: u64, points: u64) -> u64 {
    let mut state = seed;
    let mut next = || {
        state = state * MULTIPLIER % MODULUS;
        state as f64 / MODULUS as f64
    };
    (0..points).filter(|_| next().powi(2) + next().powi(2) < 1.0).count() as u64
}

fn in_scheme(seed: u64) -> Task {
    let (multiplier, modulus, points) = (MULTIPLIER, MODULUS, POINTS);
    remote!((lambda (i o)
        (define (next state) (modulo (* state ,multiplier) ,modulus))
        (define (square state) (let ((x (/ (inexact state) ,modulus))) (* x x)))
        (let loop ((points ,points) (state ,seed) (hits 0))
            (if (= points 0)
                hits
                (let* ((x (next state)) (y (next x)))
                    (loop (- points 1) y (if (< (+ (square x) (square y)) 1) (+ hits 1) hits)))))))
}

fn in_rust(seed: u64) -> Task {
    let points = POINTS;
    remote!(extern (circle-hits 2) (lambda (i o) (circle-hits ,seed ,points)))
}

/// The estimate by tasks that `make` makes, and how long it took.
async fn estimate(master: &Master, make: fn(u64) -> Task) -> Outcome<(f64, Duration)> {
    let start = Instant::now();
    let counts: Vec<u64> = master.map::<u64, _, _>(1..=TASKS, make).unordered(8).try_collect().await?;
    let hits: u64 = counts.into_iter().sum();
    Ok((4.0 * hits as f64 / (POINTS * TASKS) as f64, start.elapsed()))
}

#[tokio::main]
async fn main() -> Outcome {
    dpfw_examples::limit_time();
    let slave = Slave::builder().register_fn("circle-hits", hits).build();
    let master = Master::new();
    let listener = master.listen("127.0.0.1:0").await?;
    let address = listener.local_addr();
    tokio::spawn({
        let slave = slave.clone();
        async move { slave.connect(address).await }
    });
    master.wait_for_slaves(1).await;

    let (by_scheme, scheme) = estimate(&master, in_scheme).await?;
    let (by_rust, rust) = estimate(&master, in_rust).await?;
    assert_eq!(by_scheme, by_rust, "they draw the same points");
    println!("π is about {by_scheme}: {scheme:?} in Scheme, {rust:?} in Rust");
    println!("the Rust function is {:.0} times faster", scheme.as_secs_f64() / rust.as_secs_f64());

    // Numbers by the million are best held as f64vectors: they move in one piece, and the usual sums are there.
    let samples: F64Vector = (0..1_000_000).map(|n| f64::from(n).sqrt()).collect();
    let start = Instant::now();
    let mean: f64 =
        master.run(remote!((lambda (i o) (let ((v ,samples)) (/ (f64vector-sum v) (f64vector-length v)))))).await?;
    println!("the mean of a million floats is {mean:.3}, {:?} there and back", start.elapsed());

    slave.shutdown(Duration::from_secs(1)).await;
    Ok(())
}
