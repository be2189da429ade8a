//! Programs that mean harm: each ends as `hostile/*.scm` says, and the slave goes on after each.
//!
//! A line `;; expect OUTCOME: what it is` comes before each program. Outcomes: `refused` by the checker, before anything is
//! sent; `limit`, `deadline` and `raised`, the kinds of errors; `value X`; `a value`, where it is large or nobody's concern.
//! Several may be said with `or`: a fast machine comes to a limit where a slow one comes to the deadline. A slave's process
//! that is lost is never right.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use dpfw::{InputPort, Master, OutputPort, Task, TaskErrorKind, remote};
use dpfw_tests::{
    Process,
    system::{children_of, open_files},
};

/// How long a program may run.
const TIMEOUT: Duration = Duration::from_millis(500);
/// How long one may run that a limit is to end: a machine under load takes its time to come there.
const LIMITED_TIMEOUT: Duration = Duration::from_secs(5);
/// How much later its end may be known: to the deadline itself a machine under load adds.
const LATE_MAX: Duration = Duration::from_secs(1);
/// After each program the slave, or the process that replaces it, answers within this.
const ANSWER_MAX: Duration = Duration::from_secs(2);

struct Case {
    file: String,
    line: usize,
    expected: String,
    name: String,
    text: String,
}

impl Case {
    fn timeout(&self) -> Duration {
        if self.expected == "limit" { LIMITED_TIMEOUT } else { TIMEOUT }
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile");
    let files: BTreeSet<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    for path in files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "scm")) {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        for (index, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            if let Some(head) = line.strip_prefix(";; expect ") {
                let (expected, name) = head.split_once(": ").unwrap();
                let (expected, name) = (expected.to_owned(), name.to_owned());
                cases.push(Case { file: file.clone(), line: index + 1, expected, name, text: String::new() });
            } else if !line.starts_with(";;") {
                let case: &mut Case = cases.last_mut().unwrap();
                case.text.push_str(line);
                case.text.push('\n');
            }
        }
    }
    cases
}

/// How `case` ended, in the words of the expectations.
async fn outcome(case: &Case, master: &Master) -> String {
    let task = match Task::parse(&case.text) {
        Ok(task) => task.timeout(case.timeout()),
        Err(_) => return "refused".to_owned(),
    };
    // The task's input stays open: it may wait for what never comes.
    let local = async |mut i: InputPort, _o: OutputPort| Ok(i.read_value().await?);
    match master.make_task(task, local).await {
        Ok(Some(value)) => format!("value {value}"),
        Ok(None) => "value".to_owned(),
        Err(error) => match error.kind() {
            TaskErrorKind::Raised(_) => "raised".to_owned(),
            TaskErrorKind::LimitExceeded { .. } => "limit".to_owned(),
            TaskErrorKind::DeadlineExceeded => "deadline".to_owned(),
            TaskErrorKind::SlaveLost(_) => "lost".to_owned(),
            // The port's end comes before the value that was asked for.
            TaskErrorKind::Local(error) => format!("value, not read: {error}"),
            other => format!("{other:?}"),
        },
    }
}

fn is_as_expected(outcome: &str, expected: &str) -> bool {
    let is = |expected: &str| match expected {
        "a value" => outcome.starts_with("value "),
        expected => outcome == expected,
    };
    expected.split(" or ").any(is)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_programs_harm_nobody() {
    let supervisor = Process::start(env!("CARGO_BIN_EXE_hostile-program"), &[]);
    let master = Master::new();
    master.connect(supervisor.line()).await.unwrap();
    let mut wrong = Vec::new();
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    let mut cases = cases();
    assert!(cases.len() >= 350, "{} programs", cases.len());
    if let Some(only) = std::env::var_os("HOSTILE_ONLY") {
        cases.retain(|case| [case.name.as_str(), case.file.as_str()].iter().any(|name| **name == *only));
    }
    let files = open_files(supervisor.id());
    for case in &cases {
        let mut complain = |what: String| wrong.push(format!("{}:{} ({}): {what}", case.file, case.line, case.name));
        let start = Instant::now();
        let ended = tokio::time::timeout(Duration::from_secs(20), outcome(case, &master)).await;
        let took = start.elapsed();
        let ended = ended.unwrap_or_else(|_| "a hang".to_owned());
        if !is_as_expected(&ended, &case.expected) {
            complain(format!(
                "{} and not {}, after {took:?}",
                ended.chars().take(200).collect::<String>(),
                case.expected
            ));
        }
        if took > if ended == "refused" { ANSWER_MAX } else { case.timeout() + LATE_MAX } {
            complain(format!("ended after {took:?}"));
        }
        *counts.entry(ended.split(' ').next().unwrap_or_default().to_owned()).or_default() += 1;
        let start = Instant::now();
        let answer = async {
            // A slave that was lost is dialled again.
            master.wait_for_slaves(1).await;
            loop {
                match master.run::<i64>(remote!((lambda (i o) (+ 2 3)))).await {
                    Ok(five) => break five,
                    Err(error) => assert!(matches!(error.kind(), TaskErrorKind::SlaveLost(_)), "{error}"),
                }
            }
        };
        match tokio::time::timeout(Duration::from_secs(8), answer).await {
            Ok(five) => assert_eq!(five, 5),
            Err(_) => {
                complain("the slave does not answer any more".to_owned());
                // So that the others have their turn.
                for child in children_of(supervisor.id()) {
                    let _ = Command::new("kill").args(["-KILL", &child.to_string()]).status();
                }
                master.wait_for_slaves(1).await;
            }
        }
        let answered = start.elapsed();
        if answered > ANSWER_MAX {
            complain(format!("the slave answered only after {answered:?}"));
        }
        // Neither a process nor a file was made.
        for child in children_of(supervisor.id()) {
            assert_eq!(children_of(child), BTreeSet::new(), "{}:{} started a process", case.file, case.line);
        }
    }
    println!("{} programs: {counts:?}", cases.len());
    assert!(!Path::new("/tmp/dpfw-was-here").exists());
    assert!(open_files(supervisor.id()) <= files + 4, "the supervisor keeps files open");
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
