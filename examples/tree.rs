//! A tree of processes: the root has one slave, which is master to two others and passes work down.
//!
//! ```text
//! root ── branch ──┬── leaf
//!                  └── leaf
//!
//! cargo run -p dpfw-examples --example tree
//! ```

use dpfw::{Master, Slave, remote};
use dpfw_examples::{Outcome, Process, serve};
use futures::future::try_join_all;

#[tokio::main]
async fn main() -> Outcome {
    dpfw_examples::limit_time();
    match std::env::args().nth(1).as_deref() {
        Some("leaf") => serve(Slave::new()).await,
        Some("branch") => branch().await,
        _ => root().await,
    }
}

/// Slave to the root, master to the leaves: its tasks can call `sum-of-squares`, which the leaves compute.
async fn branch() -> Outcome {
    let leaves = [Process::start(&["leaf"])?, Process::start(&["leaf"])?];
    let master = Master::new();
    for leaf in &leaves {
        master.connect(leaf.address).await?;
    }
    let sum_of_squares = move |from: i64, to: i64| {
        let master = master.clone();
        async move {
            let middle = i64::midpoint(from, to);
            let halves = [(from, middle), (middle, to)].map(|(from, to)| {
                master.run::<i64>(remote!((lambda (i o)
                    (do ((n ,from (+ n 1)) (sum 0 (+ sum (* n n)))) ((= n ,to) sum)))))
            });
            let sums = try_join_all(halves).await.map_err(|err| err.to_string())?;
            Ok::<i64, String>(sums.iter().sum())
        }
    };
    serve(Slave::builder().register_async_fn("sum-of-squares", sum_of_squares).build()).await
}

async fn root() -> Outcome {
    let branch = Process::start(&["branch"])?;
    let master = Master::new();
    master.connect(branch.address).await?;
    let to = 10_000;
    let task = remote! { extern (sum-of-squares 2) (lambda (i o) (sum-of-squares 0 ,to)) };
    let sum: i64 = master.run(task).await?;
    println!("the leaves sum the squares below {to} to {sum}");
    assert_eq!(sum, (0..to).map(|n: i64| n * n).sum::<i64>());
    Ok(())
}
