//! The processes of the chaos tests: slaves whose tasks leave marks, and masters that hold a slave until they are killed.
//!
//! The arguments: what to do (`serve`, `connect` or `rival`), where, in how many child processes (0: in none), the
//! directory of the keys for TLS (`-`: in clear), and the file for the marks.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    time::Duration,
};

use dpfw::{InputPort, Master, OutputPort, Security, Slave, remote};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Result<()> {
    dpfw::child_main();
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("an argument is missing");
    let (deed, place) = (next()?, next()?);
    let children = next()?.parse()?;
    let security = match next()?.as_str() {
        "-" => Security::Insecure,
        keys => Security::tls(keys),
    };
    if deed == "rival" {
        end_with_parent();
        return hold(&place, security).await;
    }
    // A child opens it before there are walls around it.
    let marks = OpenOptions::new().append(true).open(next()?)?;
    let slave = Slave::builder()
        .register_fn("mark", move |task: u64| mark(&marks, task))
        .register_fn("process-id", std::process::id)
        .register_fn("sleep-ms", |ms: u64| std::thread::sleep(Duration::from_millis(ms)))
        .register_fn("die", || -> () { std::process::abort() })
        .link(dpfw_tests::short_silence())
        .security(security);
    let slave = if children == 0 { slave } else { slave.supervised(children) }.build();
    match deed.as_str() {
        "serve" => {
            let listener = slave.bind(&place).await?;
            say(&listener.local_addr()?.to_string())?;
            end_with_parent();
            slave.serve_listener(listener).await?;
        }
        "connect" => {
            if std::env::var_os("DPFW_CHILD").is_none() {
                say("connecting")?;
                end_with_parent();
            }
            slave.connect(&place).await?;
        }
        other => return Err(format!("`{other}` is nothing to do").into()),
    }
    Ok(())
}

/// Notes that a task has begun. One system call, which is done or not, whatever becomes of the process.
fn mark(mut marks: &File, task: u64) -> std::result::Result<(), String> {
    marks.write_all(&task.to_le_bytes()).map_err(|err| err.to_string())
}

/// Gives the slaves at `place` tasks that never end, and says so once one runs.
async fn hold(place: &str, security: Security) -> Result<()> {
    let master = Master::builder().security(security).link(dpfw_tests::short_silence()).build();
    master.connect(place).await?;
    let endless = remote!((lambda (i o) (write 'running o) (flush-output-port o) (let loop () (loop))));
    let local = async |mut i: InputPort, _o: OutputPort| {
        i.read::<String>().await?;
        say("running")?;
        Ok(i.read().await?)
    };
    Ok(master.make_task::<(), _, _>(endless, local).await?)
}

fn say(line: &str) -> io::Result<()> {
    let mut stdout = io::stdout();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

/// The parent holds the other end of the standard input and writes nothing.
fn end_with_parent() {
    std::thread::spawn(|| {
        io::stdin().lines().for_each(drop);
        std::process::exit(0);
    });
}
