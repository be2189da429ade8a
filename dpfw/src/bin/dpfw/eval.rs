//! `dpfw eval`: one task on a slave.

use std::error::Error;

use dpfw::{Master, Task, Value};

use crate::security::SecurityArguments;

/// Runs one task on a slave and prints its value
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
    let task = Task::parse(&arguments.scheme)?;
    let mut builder = Master::builder();
    if let Some(security) = arguments.security.security()? {
        builder = builder.security(security);
    }
    let master = builder.build();
    master.connect(&arguments.addr).await?;
    let value: Value = master.run(task).await?;
    println!("{value}");
    master.shutdown().await;
    Ok(())
}
