//! `dpfw eval`: one task on a slave.

use std::error::Error;

use dpfw::{InputPort, Master, OutputPort, Task};

use crate::security::SecurityArguments;

/// Runs one task on a slave and prints what it writes on its port, and its value, each on a line
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Where the slave listens, such as 127.0.0.1:10000
    addr: String,
    /// The task, such as '(lambda (i o) (+ 2 3))'
    scheme: String,
    #[command(flatten)]
    security: SecurityArguments,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let task = Task::parse_from(&arguments.scheme, "<command line>")?;
    let mut builder = Master::builder();
    if let Some(security) = arguments.security.security()? {
        builder = builder.security(security);
    }
    let master = builder.build();
    master.connect(&arguments.addr).await?;
    // The value comes after all that was written.
    let print = async |mut i: InputPort, o: OutputPort| {
        // A task that reads finds the end.
        drop(o);
        while let Some(value) = i.read_value().await? {
            println!("{value}");
        }
        Ok(())
    };
    master.make_task(task, print).await?;
    master.shutdown().await;
    Ok(())
}
