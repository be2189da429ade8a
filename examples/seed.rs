//! The examples of the original dpfw, with two slaves in processes of their own:
//!
//! ```text
//! cargo run --release -p dpfw-examples --example seed
//! ```

use dpfw::{Slave, get_slave, make_task, master_client, parallel, read_result, remote};
use dpfw_examples::{Outcome, Process, serve};

#[tokio::main]
async fn main() -> Outcome {
    dpfw_examples::limit_time();
    match std::env::args().nth(1).as_deref() {
        Some("slave") => serve(Slave::new()).await,
        _ => seed().await,
    }
}

async fn seed() -> Outcome {
    // Setting up the network: two slaves, and this process as their master.
    let slaves = [Process::start(&["slave"])?, Process::start(&["slave"])?];
    for slave in &slaves {
        master_client("", slave.address.port()).await?;
    }

    // Basic test.
    let promise = make_task(remote!((lambda (i o) (+ 2 3))), read_result);
    let five: i64 = promise.await?;
    println!("{five}");
    assert_eq!(five, 5);

    // Parallel computation.
    let (three, ten): (i64, i64) = parallel! {
        remote!((lambda (i o) (+ 2 1))) => read_result,
        remote!((lambda (i o) (+ 5 5))) => read_result,
    }
    .await?;
    println!("({three} {ten})");
    assert_eq!((three, ten), (3, 10));

    // Saving a generator in a slave's hash table, then invoking it repeatedly.
    let slave = get_slave().await?;
    slave
        .make_task(
            remote!((lambda (i o)
                (hash-table-update! (dpfw-slave-ht) 'uniqID values
                    (lambda () (let ((n 0)) (lambda () (set! n (+ n 1)) n)))))),
            read_result::<()>,
        )
        .await?;
    for expected in [1, 2] {
        let next = remote!((lambda (i o) ((hash-table-ref (dpfw-slave-ht) 'uniqID))));
        let n: i64 = slave.make_task(next, read_result).await?;
        println!("{n}");
        assert_eq!(n, expected);
    }
    drop(slave);

    // A dialogue of a thousand exchanges.
    let echo = remote!((lambda (i o)
        (let loop ((count 0))
            (let ((n (read i)))
                (if (eof-object? n)
                    count
                    (begin (write (* n n) o) (loop (+ count 1))))))));
    let count: i64 = make_task(echo, async |mut i, mut o| {
        for n in 1..=1000_i64 {
            o.write(&n).await?;
            assert_eq!(i.read::<i64>().await?, n * n);
        }
        o.close().await?;
        Ok(i.read().await?)
    })
    .await?;
    println!("{count} exchanges");
    assert_eq!(count, 1000);
    Ok(())
}
