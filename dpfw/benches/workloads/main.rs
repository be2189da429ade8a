//! What dpfw costs beside bare loops over the same sockets: reads the arguments, runs each workload in a process of its own
//! and reports.
//!
//! ```text
//! cargo bench -p dpfw --bench workloads -- [--only W1,W2,…] [--rounds N] [--json FILE] [--smoke]
//! cargo bench -p dpfw --bench workloads -- --compare A1.json,A2.json B1.json,B2.json
//! ```
//!
//! Wall times on a shared machine drift, so each round measures dpfw and the bare loops in turns, and what counts is the
//! ratio: the median over the rounds. Slaves and the bare loops' servers are other processes, over loopback TCP. Every
//! answer is checked. `--smoke` runs little of everything, to see that it works; `--only W7` takes 1,000 slaves instead
//! of 64; `FILE` is relative to the package's directory, where cargo runs benchmarks.

mod bare;
mod bulk;
mod calls;
mod compare;
mod compute;
mod crowd;
mod driver;
mod many;
mod peer;
mod report;
mod roles;
mod settings;
mod start;
mod stats;

use std::error::Error;

use report::Rows;
use settings::Settings;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Something to measure; it may give several rows.
struct Workload {
    name: &'static str,
    /// Whether all of its processes share one core, so that no time is spent waking another.
    is_pinned: bool,
    measure: fn(&Settings) -> Outcome<Rows>,
}

const WORKLOADS: [Workload; 11] = [
    Workload { name: "W1", is_pinned: false, measure: calls::no_op },
    Workload { name: "W1p", is_pinned: true, measure: calls::no_op },
    Workload { name: "W2", is_pinned: false, measure: many::on_threads },
    Workload { name: "W2-ct", is_pinned: false, measure: many::on_one_thread },
    Workload { name: "W3", is_pinned: false, measure: bulk::measure },
    Workload { name: "W4", is_pinned: false, measure: compute::measure },
    Workload { name: "W5", is_pinned: false, measure: start::measure },
    Workload { name: "W6", is_pinned: false, measure: calls::stateful },
    Workload { name: "W7", is_pinned: false, measure: crowd::measure },
    Workload { name: "W8", is_pinned: false, measure: calls::dialogue },
    Workload { name: "W8p", is_pinned: true, measure: calls::dialogue },
];

fn main() -> Outcome<()> {
    // Cargo says `--bench` to every benchmark.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["peer", role @ ..] => roles::play(role),
        ["driver", name, settings @ ..] => driver::drive(find(name)?, &Settings::parse(settings)?),
        ["--compare", ours, theirs] => compare::print(ours, theirs),
        arguments => run(&Settings::parse(arguments)?),
    }
}

fn find(name: &str) -> Outcome<&'static Workload> {
    let known = || WORKLOADS.map(|workload| workload.name).join(", ");
    let found = WORKLOADS.iter().find(|workload| workload.name == name);
    Ok(found.ok_or_else(|| format!("there is no workload {name}; there are {}", known()))?)
}

fn run(settings: &Settings) -> Outcome<()> {
    let workloads = match settings.only.as_slice() {
        [] => WORKLOADS.iter().collect(),
        names => names.iter().map(|name| find(name)).collect::<Outcome<Vec<_>>>()?,
    };
    let (mut rows, mut failed) = (Rows::new(), Vec::new());
    for workload in workloads {
        eprintln!("{} …", workload.name);
        match driver::run(workload, settings) {
            Ok(measured) => rows.extend(measured),
            Err(err) => {
                eprintln!("{}: {err}", workload.name);
                failed.push(workload.name);
            }
        }
    }
    report::print(&rows)?;
    if let Some(file) = &settings.json {
        report::write_json(&rows, file)?;
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", ")).into()) }
}
