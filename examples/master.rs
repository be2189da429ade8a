//! A master that connects to the slave of the other terminal and gives it work.
//!
//! ```text
//! cargo run -p dpfw-examples --example master -- 10000
//! ```

use dpfw::{get_slave, make_task, master_client, read_result, remote, run};
use dpfw_examples::Outcome;

#[tokio::main]
async fn main() -> Outcome {
    dpfw_examples::limit_time();
    let port = std::env::args().nth(1).map_or(Ok(10_000), |port| port.parse())?;
    master_client("", port).await.map_err(|err| format!("no slave answers on port {port}: {err}"))?;

    let five: i64 = make_task(remote!((lambda (i o) (+ 2 3))), read_result).await?;
    println!("2 + 3 = {five}");
    assert_eq!(five, 5);

    // Rust values go in with a comma; `Vec` and `String` are lists and strings there.
    let words = vec!["new", "code", "for", "a", "running", "process"];
    let lengths: Vec<usize> = run(remote!((lambda (i o) (map string-length ,words)))).await?;
    println!("{words:?} have lengths {lengths:?}");
    assert_eq!(lengths, [3, 4, 3, 1, 7, 7]);

    // The slave keeps its table as long as it runs: start this program again and the number goes on.
    let slave = get_slave().await?;
    let visits: i64 = slave
        .run(remote!((lambda (i o)
            (hash-table-update!/default (dpfw-slave-ht) 'visits (lambda (n) (+ n 1)) 0)
            (hash-table-ref (dpfw-slave-ht) 'visits))))
        .await?;
    println!("this slave has been visited {visits} times");
    assert!(visits >= 1);
    Ok(())
}
