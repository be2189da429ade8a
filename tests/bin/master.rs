//! A master process for the tests: gives the slave at the address in its argument a task that never ends.

use dpfw::{Master, remote};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("no address")?;
    let master = Master::new();
    master.connect(address).await?;
    let endless =
        master.run::<()>(remote!((lambda (i o) (hash-table-set! (dpfw-slave-ht) 'taken #t) (let loop () (loop)))));
    println!("running");
    Ok(endless.await?)
}
