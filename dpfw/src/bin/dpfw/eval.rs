//! `dpfw eval`: one task on a slave.

use std::{
    error::Error,
    io::{self, Write},
};

use dpfw::{__private::Segment, InputPort, Master, OutputPort, Task};

use crate::security::SecurityArguments;

/// Runs one task on a slave and prints all that it writes on its port, then its value
///
/// Text is printed as it comes; data, and the value unless it is none, each on a line of its own. A task that reads finds
/// the end of its port.
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
        // Nobody answers a task that reads.
        drop(o);
        let mut printer = Printer::new(io::stdout());
        while let Some(segment) = i.read_segment().await? {
            printer.print(&segment)?;
        }
        Ok(printer.end()?)
    };
    let printed = master.make_task(task, print).await;
    master.shutdown().await;
    Ok(printed?)
}

/// Prints text as it is, and each datum on a line of its own.
struct Printer<W> {
    out: W,
    line: Line,
}

/// Where the next byte is printed.
enum Line {
    Begins,
    /// The same, after a datum whose line was ended unasked.
    BeginsAfterDatum,
    HasText,
}

impl<W: Write> Printer<W> {
    fn new(out: W) -> Self {
        Self { out, line: Line::Begins }
    }

    fn print(&mut self, segment: &Segment) -> io::Result<()> {
        match segment {
            Segment::Bytes(bytes) => {
                let Some(last) = bytes.last() else { return Ok(()) };
                let is_ended = matches!(self.line, Line::BeginsAfterDatum) && bytes.starts_with(b"\n");
                self.out.write_all(&bytes[usize::from(is_ended)..])?;
                self.line = if *last == b'\n' { Line::Begins } else { Line::HasText };
            }
            Segment::Datum(value) if value.is_void() => {}
            Segment::Datum(value) => {
                self.end_line()?;
                writeln!(self.out, "{value}")?;
                self.line = Line::BeginsAfterDatum;
            }
        }
        self.out.flush()
    }

    fn end_line(&mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.line, Line::Begins) {
            Line::Begins | Line::BeginsAfterDatum => Ok(()),
            Line::HasText => self.out.write_all(b"\n"),
        }
    }

    fn end(&mut self) -> io::Result<()> {
        self.end_line()?;
        self.out.flush()
    }
}
