//! A master process for the tests: gives the slave at the address in its argument a task that never ends, and says so once
//! the task runs.

use dpfw::{InputPort, Master, OutputPort, remote};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("no address")?;
    let master = Master::new();
    master.connect(address).await?;
    let endless = remote!((lambda (i o)
        (hash-table-set! (dpfw-slave-ht) 'taken #t)
        (write 'running o)
        (flush-output-port o)
        (let loop () (loop))));
    let local = async |mut i: InputPort, _o: OutputPort| {
        let word: String = i.read().await?;
        println!("{word}");
        Ok(i.read().await?)
    };
    Ok(master.make_task::<(), _, _>(endless, local).await?)
}
