//! Supervised slaves: real processes, killed, starved and abandoned.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers fail the test that calls them")]

use std::{
    collections::HashSet,
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Output, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use dpfw::{
    Death, DeathCause, InputPort, Keys, Master, OutputPort, Security, SlaveLost, SlaveState, Task, TaskError,
    TaskErrorKind, remote,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process,
    sync::Barrier,
};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// The program under test; dropping it kills it.
struct Program {
    process: process::Child,
    place: String,
}

impl Program {
    fn start(deed: &str, place: &str, slaves: usize) -> Self {
        let process = process::Command::from(command(deed, place, slaves))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { process, place: place.to_owned() }
    }

    /// A program that serves at a free port.
    fn serve(deed: &str, slaves: usize) -> Self {
        let place = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Self::start(deed, &place.to_string(), slaves)
    }

    fn id(&self) -> u32 {
        self.process.id().expect("it was not waited for")
    }

    /// Its children, as the system sees them.
    fn children(&self) -> HashSet<u32> {
        children_of(self.id())
    }

    /// A master that is connected to the program.
    async fn master(&self) -> Master {
        let master = Master::new();
        let until = Instant::now() + PATIENCE;
        while let Err(err) = master.connect(&self.place).await {
            assert!(Instant::now() < until, "{err}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        master
    }

    /// Waits for its end and gives what it printed.
    async fn ended(mut self) -> (Option<i32>, String) {
        let mut printed = String::new();
        let mut stdout = self.process.stdout.take().unwrap();
        let read = tokio::time::timeout(PATIENCE, stdout.read_to_string(&mut printed)).await;
        read.expect("the program and its children end").unwrap();
        (self.process.wait().await.unwrap().code(), printed)
    }
}

fn command(deed: &str, place: &str, slaves: usize) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_supervised-program"));
    command.args([deed, place, &slaves.to_string()]);
    command
}

/// The processes that `process` started and that run.
fn children_of(process: u32) -> HashSet<u32> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|id| state_of(*id).is_some_and(|(state, parent)| state != 'Z' && parent == process))
        .collect()
}

/// A process's state and its parent.
fn state_of(process: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

fn is_running(process: u32) -> bool {
    state_of(process).is_some_and(|(state, _)| state != 'Z')
}

fn kill(process: u32) {
    assert!(Command::new("kill").args(["-KILL", &process.to_string()]).status().unwrap().success());
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < until, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Says its process, waits for a number and returns its cube.
fn say_process_and_cube() -> Task {
    remote! { extern (process-id 0) (cube 1) (lambda (i o) (write (process-id) o) (cube (read i))) }
}

/// Runs so many tasks, which all wait for each other; gives their processes.
async fn meet(master: &Master, tasks: usize) -> HashSet<u32> {
    let barrier = Arc::new(Barrier::new(tasks));
    let meeting = (0..tasks).map(|_| {
        let barrier = Arc::clone(&barrier);
        master.make_task(say_process_and_cube(), async move |mut i: InputPort, mut o: OutputPort| {
            let process: u32 = i.read().await?;
            barrier.wait().await;
            o.write(&12).await?;
            assert_eq!(i.read::<i64>().await?, 1728);
            Ok(process)
        })
    });
    let met = tokio::time::timeout(PATIENCE, futures::future::try_join_all(meeting)).await;
    met.expect("the tasks run in parallel").unwrap().into_iter().collect()
}

#[tokio::test]
async fn children_run_tasks_in_parallel_through_one_connect() {
    let program = Program::serve("serve", 3);
    let master = program.master().await;
    assert_eq!(master.slaves().len(), 3, "all are linked when `connect` returns");
    let processes = meet(&master, 3).await;
    assert_eq!(processes.len(), 3);
    assert_eq!(processes, program.children());
    // A second master has a link to each as well.
    let other = program.master().await;
    assert_eq!(meet(&other, 3).await, processes);
}

#[tokio::test]
async fn a_killed_child_costs_its_own_task_and_is_replaced() {
    let program = Program::serve("serve", 3);
    let master = program.master().await;
    let (say, mut said) = tokio::sync::mpsc::unbounded_channel();
    let (go, going) = tokio::sync::watch::channel(false);
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let (say, mut going) = (say.clone(), going.clone());
            let mine = Arc::new(std::sync::OnceLock::new());
            let known = Arc::clone(&mine);
            let promise = master.make_task(say_process_and_cube(), async move |mut i: InputPort, mut o: OutputPort| {
                let process: u32 = i.read().await?;
                mine.set(process).unwrap();
                say.send(process)?;
                going.wait_for(|go| *go).await?;
                o.write(&12).await?;
                Ok(i.read::<i64>().await?)
            });
            (promise, known)
        })
        .collect();
    let mut processes = HashSet::new();
    for _ in 0..3 {
        processes.insert(tokio::time::timeout(PATIENCE, said.recv()).await.unwrap().unwrap());
    }
    assert_eq!(processes.len(), 3);
    let victim = *processes.iter().next().unwrap();
    kill(victim);
    until("the loss is noticed", || master.slaves().len() < 3).await;
    go.send(true).unwrap();
    for (promise, process) in tasks {
        let outcome: Result<i64, TaskError> = promise.await;
        if process.get() == Some(&victim) {
            assert!(outcome.as_ref().is_err_and(TaskError::is_slave_lost), "{outcome:?}");
        } else {
            assert_eq!(outcome.unwrap(), 1728);
        }
    }

    until("the master has three slaves again", || master.slaves().len() == 3).await;
    let after = meet(&master, 3).await;
    assert_eq!((after.len(), after.contains(&victim), after.intersection(&processes).count()), (3, false, 2));
    assert_eq!(after, program.children(), "the dead one was reaped");
}

/// How the child died that had the task.
fn death(error: TaskError) -> Death {
    match error.into_kind() {
        TaskErrorKind::SlaveLost(SlaveLost::Died(death)) => death,
        other => panic!("{other:?}"),
    }
}

fn assert_end(death: &Death, cause: &DeathCause, last_line: &str) {
    assert_eq!(&death.cause, cause, "{death}");
    assert_eq!(death.last_lines.lines().last(), Some(last_line), "{death}");
}

fn die(last_line: &str, status: i32) -> Task {
    remote! { extern (die 2) (lambda (i o) (die ,last_line ,status)) }
}

#[tokio::test]
async fn the_master_is_told_how_a_child_died() {
    let program = Program::serve("serve", 1);
    let master = program.master().await;
    let victim = *meet(&master, 1).await.iter().next().unwrap();
    let task = remote! { extern (sleep-ms 1) (lambda (i o) (write "begun" o) (sleep-ms 60000)) };
    let promise = master.make_task::<(), _, _>(task, async move |mut i: InputPort, _o: OutputPort| {
        i.read_value().await?;
        kill(victim);
        i.read_value().await?;
        Ok(())
    });
    let error = promise.await.unwrap_err();
    assert!(error.to_string().contains("its process ended: signal 9 (SIGKILL)"), "{error}");
    assert_eq!(death(error).cause, DeathCause::Signal { number: 9 });

    master.wait_for_slaves(1).await;
    let end = death(master.run::<()>(die("this is the end", 7)).await.unwrap_err());
    assert_end(&end, &DeathCause::Exit { status: 7 }, "this is the end");

    master.wait_for_slaves(1).await;
    let end = death(master.run::<()>(die("it cannot be", -1)).await.unwrap_err());
    assert_end(&end, &DeathCause::Signal { number: 6 }, "it cannot be");

    // Also in the middle of what it sends: then its word is not taken for the rest of that.
    master.wait_for_slaves(1).await;
    let task = remote! { extern (die 2) (lambda (i o) (write-string (make-string 3000000 'x') o) (die "cut" 7)) };
    let (error, read) = {
        let read = Arc::new(std::sync::Mutex::new(0));
        let seen = Arc::clone(&read);
        let promise = master.make_task(task, async move |mut i: InputPort, _| {
            while let Some(char) = i.read_char().await? {
                assert_eq!(char, 'x');
                *seen.lock().unwrap() += 1;
            }
            Ok(())
        });
        (promise.await.unwrap_err(), *read.lock().unwrap())
    };
    assert!(error.is_slave_lost() && read <= 3_000_000, "{error} {read}");
}

#[tokio::test]
async fn the_master_is_told_how_a_child_died_under_tls_and_where_the_slave_dials() {
    let folder = std::env::temp_dir().join(format!("dpfw-supervised-keys-{}", std::process::id()));
    Keys::generate(1).unwrap().write_new(&folder).unwrap();
    let place = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut serve = process::Command::from(command("serve", &place, 1));
    let _serving = serve.arg(&folder).stdin(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let secured = Master::builder().security(Security::tls(&folder)).build();
    let until = Instant::now() + PATIENCE;
    while let Err(err) = secured.connect(&place).await {
        assert!(Instant::now() < until, "{err}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let end = death(secured.run::<()>(die("under TLS", 3)).await.unwrap_err());
    assert_end(&end, &DeathCause::Exit { status: 3 }, "under TLS");
    fs::remove_dir_all(&folder).unwrap();

    let master = Master::new();
    let listener = master.listen("127.0.0.1:0").await.unwrap();
    let _dialling = Program::start("connect", &listener.local_addr().to_string(), 1);
    master.wait_for_slaves(1).await;
    let end = death(master.run::<()>(die("dialled", 4)).await.unwrap_err());
    assert_end(&end, &DeathCause::Exit { status: 4 }, "dialled");
}

#[tokio::test]
async fn a_child_whose_task_does_not_stop_is_replaced_within_two_seconds_of_its_deadline() {
    let program = Program::serve("serve", 1);
    let master = program.master().await;
    let before = meet(&master, 1).await;
    let deaf = remote! { extern (sleep-ms 1) (lambda (i o) (sleep-ms 60000)) };
    let begun = Instant::now();
    let error = master.run::<()>(deaf.timeout(Duration::from_millis(200))).await.unwrap_err();
    assert!(error.is_timeout() && begun.elapsed() < Duration::from_secs(1), "{error} {:?}", begun.elapsed());
    // The next task waits for the slave that replaces it.
    let after = meet(&master, 1).await;
    assert!(before.is_disjoint(&after));
    let elapsed = begun.elapsed();
    assert!(elapsed < Duration::from_millis(200 + 2000), "{elapsed:?}");

    // A task that was to be aborted, and with it one that was bound to the same slave.
    let slave = master.get_slave().await.unwrap();
    let deaf = remote! { extern (sleep-ms 1) (lambda (i o) (sleep-ms 60000)) };
    let promise = slave.run::<()>(deaf);
    let bound = slave.run::<u32>(say_process_and_cube());
    tokio::time::sleep(Duration::from_millis(100)).await;
    promise.abort();
    assert!(promise.await.unwrap_err().is_cancelled());
    let end = death(bound.await.unwrap_err());
    assert!(matches!(&end.cause, DeathCause::Killed { why } if why.contains("did not stop")), "{end}");
}

#[tokio::test]
async fn a_child_that_is_stopped_for_long_is_replaced() {
    let program = Program::serve("serve", 1);
    let master = program.master().await;
    let before = meet(&master, 1).await;
    let [victim] = *Vec::from_iter(before.clone()) else { panic!("one child") };
    let idle = Duration::from_secs(5);
    tokio::time::sleep(idle).await;
    assert_eq!(program.children(), before, "who is idle is left alone");
    assert!(Command::new("kill").args(["-STOP", &victim.to_string()]).status().unwrap().success());
    until("it is gone", || !is_running(victim)).await;
    assert!(meet(&master, 1).await.is_disjoint(&before));
}

#[tokio::test]
async fn tasks_behind_the_one_that_ends_a_child_have_not_run_and_are_sent_again() {
    for rounds in 0..20 {
        let program = Program::serve("serve", 1);
        let master = program.master().await;
        // So many short ones that they are sent ahead.
        let short = || remote! { extern (cube 1) (lambda (i o) (cube 3)) };
        for _ in 0..200 {
            assert_eq!(master.run::<i64>(short()).await.unwrap(), 27);
        }
        let before: Vec<_> = (0..5).map(|_| master.run::<i64>(short())).collect();
        let killer = master.run::<()>(die("the killer", 9));
        let behind: Vec<_> = (0..50).map(|_| master.run::<i64>(short())).collect();
        for promise in before {
            // Their answers may be lost with the process.
            let _ = promise.await;
        }
        assert_end(&death(killer.await.unwrap_err()), &DeathCause::Exit { status: 9 }, "the killer");
        for (number, promise) in behind.into_iter().enumerate() {
            let value = tokio::time::timeout(PATIENCE, promise).await.expect("in time");
            assert_eq!(value.unwrap(), 27, "task {number} behind the killer, round {rounds}");
        }
    }
}

#[tokio::test]
async fn the_log_says_how_a_child_died() {
    let place = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut command = process::Command::from(command("log", &place, 1));
    let process = command.stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut program = Program { process, place };
    let master = program.master().await;
    let victim = *meet(&master, 1).await.iter().next().unwrap();
    kill(victim);
    let mut lines = BufReader::new(program.process.stderr.take().unwrap()).lines();
    let line = async {
        loop {
            let line = lines.next_line().await.unwrap().expect("the program runs");
            if line.contains(&victim.to_string()) {
                return line;
            }
        }
    };
    let line = tokio::time::timeout(PATIENCE, line).await.expect("the log speaks of the child");
    assert!(line.contains("WARN") && line.contains("SIGKILL"), "{line}");
}

#[tokio::test]
async fn no_child_outlives_a_killed_parent() {
    let program = Program::serve("serve", 3);
    let master = program.master().await;
    let children = meet(&master, 3).await;
    // One is busy, one waits for its master, one is idle.
    let busy = master.run::<()>(remote!((lambda (i o) (let loop () (loop)))));
    let waiting = master.make_task(remote!((lambda (i o) (read i))), async |mut i, o| {
        // Kept open: otherwise the task reads the end.
        let _output: OutputPort = o;
        Ok(i.read::<i64>().await?)
    });
    until("two tasks run", || master.slaves().iter().filter(|slave| slave.state == SlaveState::Idle).count() == 1)
        .await;
    kill(program.id());
    until("the children end", || !children.iter().any(|child| is_running(*child))).await;
    assert!(busy.await.unwrap_err().is_slave_lost());
    assert!(waiting.await.unwrap_err().is_slave_lost());
}

#[tokio::test]
async fn no_child_outlives_a_parent_killed_while_it_starts_them() {
    for pause_ms in [0, 1, 2, 4, 8, 16] {
        let program = Program::serve("serve", 4);
        until("a child is there", || !program.children().is_empty()).await;
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        let place = program.place.clone();
        kill(program.id());
        // Whoever holds the pipe of its output still runs.
        let (_, printed) = program.ended().await;
        assert_eq!(printed, "");
        TcpListener::bind(place).expect("nobody listens there");
    }
}

#[tokio::test]
async fn a_program_that_forgets_child_main_is_told_so() {
    let Output { status, stderr, .. } = command("forget", "127.0.0.1:0", 2).output().unwrap();
    assert!(!status.success());
    let stderr = String::from_utf8(stderr).unwrap();
    assert!(stderr.contains("calls `dpfw::child_main()` in the first line of `main`"), "{stderr}");
}

#[tokio::test]
async fn a_test_has_no_main_to_begin_with_child_main() {
    let err = dpfw::Slave::builder().supervised(2).build().serve("127.0.0.1:0").await.unwrap_err();
    assert!(matches!(err, dpfw::SlaveError::ChildMainMissing), "{err}");
}

#[tokio::test]
async fn children_that_never_serve_are_killed_and_started_less_and_less_often() {
    let starts = std::env::temp_dir().join(format!("dpfw-supervised-{}", std::process::id()));
    fs::write(&starts, "").unwrap();
    let count = |path: &Path| fs::read_to_string(path).unwrap().lines().count();
    let program = Program::start("hang", starts.to_str().unwrap(), 1);
    until("the parent and three children have started", || count(&starts) >= 4).await;
    assert!(program.children().len() <= 1);
    let began = (Instant::now(), count(&starts));
    until("some more have started", || count(&starts) >= began.1 + 2).await;
    // Each hangs for half a second, and pauses of more than 100 ms are between them by now.
    assert!(began.0.elapsed() > Duration::from_millis(700), "{:?}", began.0.elapsed());
    let last: Vec<u32> = fs::read_to_string(&starts).unwrap().lines().map(|id| id.parse().unwrap()).collect();
    kill(program.id());
    until("all have ended", || !last.iter().any(|process| is_running(*process))).await;
    fs::remove_file(starts).unwrap();
}

#[tokio::test]
async fn children_dial_a_master_that_listens_and_dial_again() {
    let master = Master::new();
    let listener = master.listen("127.0.0.1:0").await.unwrap();
    let program = Program::start("connect", &listener.local_addr().to_string(), 3);
    until("three slaves have joined", || master.slaves().len() == 3).await;
    let before = meet(&master, 3).await;
    assert_eq!(before, program.children());
    let victim = *before.iter().next().unwrap();
    kill(victim);
    until("one has left", || master.slaves().len() == 2).await;
    until("another has joined", || master.slaves().len() == 3).await;
    let after = meet(&master, 3).await;
    assert_eq!((after.len(), after.contains(&victim)), (3, false));
    // A master that leaves lets the program go on to its end.
    master.shutdown().await;
    assert_eq!(program.ended().await, (Some(0), "served\n".to_owned()));
}

#[tokio::test]
async fn leaving_lets_tasks_finish_within_their_grace() {
    let mut program = Program::serve("leave", 2);
    let master = program.master().await;
    let children = meet(&master, 2).await;
    let (begun, wait) = (Arc::new(Barrier::new(3)), Arc::new(tokio::sync::Notify::new()));
    let tasks: Vec<_> = (0..2)
        .map(|_| {
            let (begun, wait) = (Arc::clone(&begun), Arc::clone(&wait));
            master.make_task(say_process_and_cube(), async move |mut i: InputPort, mut o: OutputPort| {
                i.read::<u32>().await?;
                let left = wait.notified();
                begun.wait().await;
                left.await;
                o.write(&5).await?;
                Ok(i.read::<i64>().await?)
            })
        })
        .collect();
    begun.wait().await;
    program.process.stdin.as_mut().unwrap().write_all(b"20000\n").await.unwrap();
    until("the slaves are leaving", || master.slaves().iter().all(|slave| slave.state == SlaveState::Leaving)).await;
    wait.notify_waiters();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 125);
    }
    assert_eq!(program.ended().await, (Some(0), "served\n".to_owned()));
    assert!(!children.iter().any(|child| is_running(*child)));
}

#[tokio::test]
async fn who_does_not_leave_in_its_grace_is_ended() {
    let mut program = Program::serve("leave", 2);
    let master = program.master().await;
    let children = meet(&master, 2).await;
    // It waits for another slave if the one that it was sent to has not started it.
    let busy = master.run::<()>(remote!((lambda (i o) (let loop () (loop)))).timeout(PATIENCE));
    // A paused process does not even hear that it is to leave.
    let paused = *children.iter().next().unwrap();
    assert!(Command::new("kill").args(["-STOP", &paused.to_string()]).status().unwrap().success());
    program.process.stdin.as_mut().unwrap().write_all(b"100\n").await.unwrap();
    assert_eq!(program.ended().await, (Some(0), "served\n".to_owned()));
    assert!(!children.iter().any(|child| is_running(*child)));
    assert!(busy.await.is_err());
}

#[tokio::test]
async fn dropping_serve_ends_the_links_and_keeps_the_children() {
    let program = Program::serve("interrupt", 2);
    let master = program.master().await;
    let links = |master: &Master| master.slaves().iter().map(|slave| slave.id).collect::<HashSet<_>>();
    let before = (links(&master), meet(&master, 2).await);
    until("the links have ended and were made again", || {
        let now = links(&master);
        now.len() == 2 && now.is_disjoint(&before.0)
    })
    .await;
    assert_eq!(meet(&master, 2).await, before.1);
}

#[tokio::test]
async fn each_supervised_slave_of_a_program_has_children_of_its_own() {
    let places = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string());
    let mut program = Program::start("pair", &places.join(" "), 2);
    let mut all = HashSet::new();
    for (place, native) in places.into_iter().zip(["process-id", "other-process-id"]) {
        program.place = place;
        let master = program.master().await;
        let slaves = master.slaves();
        assert!(slaves.iter().all(|slave| slave.natives.iter().any(|name| name == native)), "{slaves:?}");
        let task = if native == "process-id" {
            remote! { extern (process-id 0) (lambda (i o) (process-id)) }
        } else {
            remote! { extern (other-process-id 0) (lambda (i o) (other-process-id)) }
        };
        // As many guards as slaves: each is asked once.
        let guards = [master.get_slave().await.unwrap(), master.get_slave().await.unwrap()];
        for guard in guards {
            all.insert(guard.run::<u32>(task.clone()).await.unwrap());
        }
    }
    assert_eq!((all.len(), all), (4, program.children()));
}

#[tokio::test]
async fn other_streams_are_served_by_children_as_well() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let program = Program::start("stream", &listener.local_addr().unwrap().to_string(), 1);
    let (stream, _) = tokio::time::timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    let master = Master::new();
    master.connect_stream(stream).await.unwrap();
    assert_eq!(meet(&master, 1).await, program.children());
}

#[tokio::test]
async fn a_program_that_comes_back_with_more_or_fewer_slaves_has_as_many_links() {
    let mut program = Program::serve("serve", 2);
    let master = program.master().await;
    // After more links than slaves for once, those too many are not made again.
    for (slaves, links) in [(3, 3), (1, 3), (1, 1), (2, 2)] {
        kill(program.id());
        until("the links have ended", || master.slaves().is_empty()).await;
        program = Program::start("serve", &program.place, slaves);
        until("the links are there", || master.slaves().len() == links).await;
        meet(&master, slaves).await;
        assert_eq!(master.slaves().len(), links);
    }
}

/// Who passes connections to children goes by the number of their links, and cannot know whose those are.
#[tokio::test]
async fn a_master_comes_to_each_child_whoever_else_is_there() {
    let program = Program::serve("serve", 2);
    let stranger = async || tokio::net::TcpStream::connect(&program.place).await;
    until("it listens", || std::net::TcpStream::connect(&program.place).is_ok()).await;
    // Strangers on the child who is given the first of them, until they are sent away for their silence.
    let mut strangers = Vec::new();
    for _ in 0..3 {
        strangers.push(stranger().await.unwrap());
    }
    drop(strangers.remove(1));
    tokio::time::sleep(Duration::from_millis(200)).await;
    let master = program.master().await;
    until("there are two links", || master.slaves().len() == 2).await;
    assert_eq!(meet(&master, 2).await, program.children());
}

#[tokio::test]
async fn links_for_which_a_child_has_no_files_left_are_refused_and_nothing_else() {
    let program = Program::serve("serve", 1);
    let master = program.master().await;
    let [child] = *Vec::from_iter(program.children()) else { panic!("one child") };
    let files = fs::read_dir(format!("/proc/{child}/fd")).unwrap().count() + 3;
    let limit = ["--pid", &child.to_string(), &format!("--nofile={files}:{files}")].map(ToOwned::to_owned);
    assert!(Command::new("prlimit").args(limit).status().unwrap().success());
    // Strangers take what is left.
    let strangers: Vec<_> = (0..10).map(|_| std::net::TcpStream::connect(&program.place).unwrap()).collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(meet(&master, 1).await, HashSet::from([child]));
    drop(strangers);
    let second = program.master().await;
    assert_eq!(meet(&second, 1).await, HashSet::from([child]), "no child has ended");
}

/// What the system says to a native that tries `way` out of its process.
async fn reach_out(master: &Master, way: &str) -> String {
    let task = remote! { extern (reach-out 1) (lambda (i o) (reach-out ,way)) };
    match master.run::<String>(task).await {
        Ok(done) => done,
        Err(error) => match error.kind() {
            TaskErrorKind::Raised(condition) => condition.message().to_owned(),
            other => panic!("{other:?}"),
        },
    }
}

/// Ways out of a process, as `supervised/ways_out.rs` knows them. `trace` is the last: a process that is traced stops at
/// signals.
const WAYS_OUT: [&str; 19] = [
    "read",
    "read another process's environment",
    "write",
    "link",
    "remove",
    "list",
    "mount",
    "dial",
    "listen",
    "pair",
    "start",
    "signal",
    "handle",
    "limit",
    "priority",
    "memory",
    "namespace",
    "program in memory",
    "trace",
];

#[tokio::test]
async fn a_child_cannot_leave_its_process() {
    let program = Program::serve("serve", 1);
    let master = program.master().await;
    for way in WAYS_OUT {
        let said = reach_out(&master, way).await;
        assert!(said.contains("permission denied"), "{way}: {said}");
        assert!(is_running(program.id()), "{way}");
    }
    assert!(!Path::new("/tmp/dpfw-walls-test").exists());
    // What it is there for goes on, threads included.
    assert_eq!(reach_out(&master, "thread").await, "done");
    assert_eq!(meet(&master, 1).await.len(), 1);
}

#[tokio::test]
async fn a_child_without_walls_can() {
    let program = Program::serve("open", 1);
    let master = program.master().await;
    for way in WAYS_OUT {
        assert_eq!(reach_out(&master, way).await, "done", "{way}");
    }
    fs::remove_file("/tmp/dpfw-walls-test").unwrap();
}

#[tokio::test]
async fn a_child_that_takes_more_memory_than_it_may_is_replaced() {
    let program = Program::serve("tight", 1);
    let master = program.master().await;
    for bomb in [
        remote!((lambda (i o) (let loop ((l (list))) (loop (cons (make-string 100000 'a') l))))),
        remote!((lambda (i o) (vector-length (make-vector 20000000 0)))),
    ] {
        let start = Instant::now();
        let error = tokio::time::timeout(PATIENCE, master.run::<u64>(bomb)).await.unwrap().unwrap_err();
        assert_eq!(death(error).cause, DeathCause::OutOfMemory);
        // Nothing is left of it, and another is there.
        master.wait_for_slaves(1).await;
        assert_eq!(meet(&master, 1).await.len(), 1);
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
    // What is within the bound goes on.
    let length: u64 = master.run(remote!((lambda (i o) (string-length (make-string 50000000 'a'))))).await.unwrap();
    assert_eq!(length, 50_000_000);
}
