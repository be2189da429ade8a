//! The program whose supervised slaves the tests of `supervised.rs` kill, starve and abandon.
//!
//! Its first argument says what it does, its second where, its third with how many slaves, its fourth, if there is one,
//! with which keys for TLS.

#[path = "ways_out.rs"]
mod ways_out;

use std::{fs::OpenOptions, io::Write, net::SocketAddr, time::Duration};

use dpfw::{Limits, Security, Slave, SlaveError};
use tokio::io::{AsyncBufReadExt, BufReader};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("an argument is missing");
    let (deed, place, slaves) = (next()?, next()?, next()?.parse()?);
    if deed != "forget" {
        dpfw::child_main();
    }
    let slave = Slave::builder()
        .register_fn("process-id", std::process::id)
        .register_fn("cube", |n: i64| n * n * n)
        .register_fn("reach-out", |way: String| ways_out::attempt(&way))
        .register_fn("sleep-ms", |ms: u64| std::thread::sleep(Duration::from_millis(ms)))
        .register_fn("die", |last_line: String, status: i32| -> () {
            eprintln!("{last_line}");
            if status < 0 { std::process::abort() } else { std::process::exit(status) }
        })
        .supervised(slaves)
        .start_timeout(Duration::from_millis(500));
    let slave = match deed.as_str() {
        "open" => slave.without_walls(),
        "tight" => slave.limits(Limits { memory_bytes: None, ..Limits::default() }).child_memory(128 << 20),
        _ => slave,
    };
    let slave = match next() {
        Ok(keys) => slave.security(Security::tls(keys)),
        Err(_) => slave,
    };
    let slave = slave.build();
    match deed.as_str() {
        "serve" | "forget" | "open" | "tight" => slave.serve(place).await?,
        "log" => {
            tracing_subscriber::fmt().with_ansi(false).with_writer(std::io::stderr).init();
            slave.serve(place).await?;
        }
        "connect" => slave.connect(place).await?,
        "pair" => {
            let other = Slave::builder().register_fn("other-process-id", std::process::id).supervised(slaves).build();
            let (first, second) = place.split_once(' ').ok_or("a second place is missing")?;
            tokio::try_join!(slave.serve(first), other.serve(second))?;
        }
        "stream" => slave.serve_stream(tokio::net::TcpStream::connect(place).await?).await?,
        "leave" => serve_until_told(&slave, &place).await?,
        "interrupt" => {
            // The children come back to this line, and may not end by it.
            let served = tokio::time::timeout(Duration::from_secs(2), slave.serve(&place)).await;
            assert!(served.is_err(), "served to the end: {served:?}");
            slave.serve(place).await?;
        }
        "hang" => {
            let mut starts = OpenOptions::new().append(true).open(place)?;
            writeln!(starts, "{}", std::process::id())?;
            if std::env::var_os("DPFW_CHILD").is_some() {
                std::future::pending::<()>().await;
            }
            slave.serve("127.0.0.1:0").await?;
        }
        other => return Err(format!("`{other}` is nothing to do").into()),
    }
    println!("served");
    Ok(())
}

/// Leaves when a line comes, which holds the grace in milliseconds.
async fn serve_until_told(slave: &Slave, place: &str) -> Result<(), Box<dyn std::error::Error>> {
    let leave = async {
        let mut line = String::new();
        BufReader::new(tokio::io::stdin()).read_line(&mut line).await?;
        let grace = line.trim().parse()?;
        slave.shutdown(Duration::from_millis(grace)).await;
        Ok::<_, Box<dyn std::error::Error>>(())
    };
    let addr: SocketAddr = place.parse()?;
    // In a child `serve` never returns, and the line never comes: its standard input is empty.
    let serve = async { slave.serve(addr).await.map_err(|err: SlaveError| err.into()) };
    let (served, _) = tokio::join!(serve, leave);
    served
}
