//! The command `dpfw`, as a shell runs it.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers fail the test that calls them")]

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
    time::{Duration, Instant},
};

use dpfw::{Master, Security, remote};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn dpfw(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dpfw"));
    command.args(arguments).env_remove("RUST_LOG");
    command
}

fn output(arguments: &[&str]) -> Output {
    dpfw(arguments).output().unwrap()
}

/// The exit code, what was printed, and what was said about errors.
fn ended(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn fresh_dir(test: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{test}"));
    let _ = fs::remove_dir_all(&dir);
    dir
}

/// New keys.
fn keys(test: &str) -> String {
    let dir = fresh_dir(test).to_str().unwrap().to_owned();
    let (code, printed, _) = ended(output(&["keys", &dir]));
    assert_eq!(code, Some(0));
    assert!(printed.contains("master.key"), "{printed}");
    dir
}

/// `dpfw slave`; dropping it kills it.
struct Slave {
    process: Child,
    stdout: BufReader<ChildStdout>,
    address: String,
}

impl Slave {
    fn start(arguments: &[&str]) -> Self {
        Self::start_many(1, arguments)
    }

    fn start_many(slaves: u32, arguments: &[&str]) -> Self {
        let mut command = dpfw(&["slave", "--slaves", &slaves.to_string()]);
        let mut process = command.args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        Self { process, stdout, address: String::new() }
    }

    /// Its first line.
    fn address(&mut self) -> String {
        if self.address.is_empty() {
            self.stdout.read_line(&mut self.address).unwrap();
        }
        self.address.trim().to_owned()
    }

    fn signal(&self, name: &str) {
        signal(self.process.id(), name);
    }

    /// The processes of its slaves.
    fn children(&self) -> BTreeSet<u32> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap().flatten();
        let lists = threads.map(|thread| fs::read_to_string(thread.path().join("children")).unwrap_or_default());
        lists.flat_map(|list| list.split_whitespace().map(|id| id.parse().unwrap()).collect::<Vec<_>>()).collect()
    }

    /// Waits for its end; gives its exit code.
    fn ended(&mut self) -> Option<i32> {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < until, "the program ends");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn signal(process: u32, name: &str) {
    assert!(Command::new("kill").args([name, &process.to_string()]).status().unwrap().success());
}

impl Drop for Slave {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn keys_a_slave_and_a_task_go_together() {
    let keys = keys("together");
    let token = format!("{keys}/token");
    fs::write(&token, "secret\n").unwrap();
    let mut slave = Slave::start(&["--listen", "0.0.0.0:0", "--tls", &keys, "--token-file", &token]);
    let address = slave.address().replace("0.0.0.0", "127.0.0.1");
    let eval = |more: &[&str]| {
        let mut arguments = vec!["eval", &*address, "(lambda (i o) (map square '(1 2 3)))"];
        arguments.extend(more);
        ended(output(&arguments))
    };
    let (code, printed, said) = eval(&["--tls", &keys, "--token-file", &token]);
    assert_eq!((code, &*printed), (Some(0), "(1 4 9)\n"), "{said}");
    let (code, printed, said) = eval(&["--tls", &keys]);
    assert_eq!((code, &*printed), (Some(1), ""));
    assert!(said.contains("no token"), "{said}");
    let (code, _, said) = eval(&[]);
    assert_eq!(code, Some(1));
    assert!(said.contains("speaks TLS"), "{said}");
    slave.signal("-TERM");
    assert_eq!(slave.ended(), Some(0));
}

#[test]
fn keys_are_not_replaced_unasked() {
    let keys = keys("kept");
    let (code, _, said) = ended(output(&["keys", &keys]));
    assert_eq!(code, Some(1));
    assert!(said.contains("--force"), "{said}");
    assert_eq!(output(&["keys", &keys, "--force", "--days", "7"]).status.code(), Some(0));
    assert_eq!(output(&["keys", &keys, "--force", "--days", "0"]).status.code(), Some(1));
}

#[test]
fn what_is_not_understood_or_not_safe_is_refused() {
    assert_eq!(output(&["slave"]).status.code(), Some(2));
    assert_eq!(output(&["slave", "--listen", "127.0.0.1:0", "--connect", "127.0.0.1:1"]).status.code(), Some(2));
    assert_eq!(output(&["slave", "--listen", "127.0.0.1:0", "--insecure", "--tls", "keys"]).status.code(), Some(2));
    let (code, _, said) = ended(output(&["slave", "--listen", "0.0.0.0:0"]));
    assert_eq!(code, Some(1));
    assert!(said.contains("--tls") && said.contains("--insecure"), "{said}");
    let (code, _, said) = ended(output(&["slave", "--listen", "127.0.0.1:0", "--tls", "nowhere"]));
    assert_eq!(code, Some(1));
    assert!(said.contains("nowhere/ca.pem"), "{said}");
    let (code, _, said) = ended(output(&["eval", "127.0.0.1:1", "(lambda (i o) (cra i))"]));
    assert_eq!(code, Some(1));
    assert!(said.contains("cra"), "{said}");
}

/// A master that is linked to the slave, whose task has begun and waits for a number.
async fn busy(slave: &mut Slave) -> (Master, dpfw::Promise<i64>, tokio::sync::oneshot::Sender<i64>) {
    let master = Master::new();
    master.connect(slave.address()).await.unwrap();
    let (begun, begins) = tokio::sync::oneshot::channel();
    let (give, given) = tokio::sync::oneshot::channel();
    let task = remote!((lambda (i o) (write 1 o) (+ (read i) 1)));
    let promise = master.make_task(task, async move |mut i: dpfw::InputPort, mut o: dpfw::OutputPort| {
        i.read::<i64>().await?;
        let _ = begun.send(());
        o.write(&given.await?).await?;
        Ok(i.read().await?)
    });
    tokio::time::timeout(PATIENCE, begins).await.unwrap().unwrap();
    (master, promise, give)
}

async fn ended_in_time(promise: dpfw::Promise<i64>) -> Result<i64, dpfw::TaskError> {
    tokio::time::timeout(PATIENCE, promise).await.expect("in time")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_lets_the_running_task_end() {
    for signal in ["-TERM", "-INT"] {
        let mut slave = Slave::start(&["--listen", "127.0.0.1:0"]);
        let (_master, promise, give) = busy(&mut slave).await;
        slave.signal(signal);
        tokio::time::sleep(Duration::from_millis(200)).await;
        give.send(41).unwrap();
        assert_eq!(ended_in_time(promise).await.unwrap(), 42);
        assert_eq!(slave.ended(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slave_that_is_told_to_leave_is_given_no_more_masters() {
    let mut slave = Slave::start_many(2, &["--listen", "127.0.0.1:0"]);
    let (_master, promise, give) = busy(&mut slave).await;
    let address = slave.address();
    // One of the two is idle and leaves at once; the other stays with its task.
    let told = slave.children();
    assert_eq!(told.len(), 2);
    for child in &told {
        signal(*child, "-TERM");
    }
    let until = Instant::now() + PATIENCE;
    while slave.children().intersection(&told).count() > 1 || slave.children().len() < 2 {
        assert!(Instant::now() < until, "the idle one is replaced");
        std::thread::sleep(Duration::from_millis(10));
    }
    for _ in 0..4 {
        let (code, printed, said) = ended(output(&["eval", &address, "(lambda (i o) (+ 2 3))"]));
        assert_eq!((code, &*printed), (Some(0), "5\n"), "{said}");
    }
    give.send(41).unwrap();
    assert_eq!(ended_in_time(promise).await.unwrap(), 42);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_or_the_end_of_the_grace_ends_all() {
    let mut slave = Slave::start(&["--listen", "127.0.0.1:0"]);
    let (master, promise, give) = busy(&mut slave).await;
    slave.signal("-TERM");
    tokio::time::sleep(Duration::from_millis(200)).await;
    slave.signal("-TERM");
    assert_eq!(slave.ended(), Some(130));
    let until = Instant::now() + PATIENCE;
    while !master.slaves().is_empty() {
        assert!(Instant::now() < until, "the master notices");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(give);
    assert!(ended_in_time(promise).await.unwrap_err().is_slave_lost());

    let mut slave = Slave::start(&["--listen", "127.0.0.1:0", "--grace", "0"]);
    let (_master, promise, give) = busy(&mut slave).await;
    slave.signal("-TERM");
    assert_eq!(slave.ended(), Some(0));
    drop(give);
    ended_in_time(promise).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slave_dials_a_master_and_ends_with_it() {
    let keys = keys("dials");
    let master = Master::builder().security(Security::tls(&keys)).build();
    let listener = master.listen("127.0.0.1:0").await.unwrap();
    let mut slave = Slave::start(&["--connect", &listener.local_addr().to_string(), "--tls", &keys]);
    tokio::time::timeout(PATIENCE, master.wait_for_slaves(1)).await.unwrap();
    assert_eq!(ended_in_time(master.run(remote!((lambda (i o) 5)))).await.unwrap(), 5);
    master.shutdown().await;
    assert_eq!(slave.ended(), Some(0));
}

#[test]
fn all_that_a_task_writes_is_printed_and_its_value() {
    let mut slave = Slave::start(&["--listen", "127.0.0.1:0"]);
    let address = slave.address();
    let eval = |scheme: &str| ended(output(&["eval", &address, scheme]));
    for (scheme, expected) in [
        ("(lambda (i o) (+ 2 3))", "5\n"),
        // Text as it comes, even if it is no datum; what is no line yet becomes one before the value.
        ("(lambda (i o) (display \"(ab \" o) (display \"c\" o) 5)", "(ab c\n5\n"),
        (
            "(lambda (i o) (write-string \"a\\n\" o) (write '(1 \"b\") o) (newline o) (write 2 o) 'v)",
            "a\n(1 \"b\")\n2\nv\n",
        ),
        // No value.
        ("(lambda (i o) (write 1 o))", "1\n"),
        ("(lambda (i o) (write-string \"a\" o) (if #f #f))", "a\n"),
        ("(lambda (i o) (if #f #f))", ""),
        // Nobody answers.
        ("(lambda (i o) (eof-object? (read i)))", "#t\n"),
    ] {
        let (code, printed, said) = eval(scheme);
        assert_eq!((code, &*printed, &*said), (Some(0), expected, ""), "{scheme}");
    }
    let (code, printed, said) = eval("(lambda (i o) (write-string \"so far\" o) (error \"too bad\" 3))");
    assert_eq!((code, &*printed), (Some(1), "so far\n"));
    assert!(said.contains("too bad 3") && said.contains("--> <command line>:1:"), "{said}");
}

#[test]
fn an_address_that_fails_is_named() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (code, _, said) = ended(output(&["eval", &closed, "(lambda (i o) 1)"]));
    assert_eq!(code, Some(1));
    assert!(said.contains(&format!("cannot connect to {closed}: ")), "{said}");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, _, said) = ended(output(&["slave", "--slaves", "1", "--listen", &address]));
    assert_eq!(code, Some(1));
    assert!(said.contains(&format!("cannot listen on {address}: ")), "{said}");
    // To dial such a one again would not help.
    let (code, _, said) = ended(output(&["slave", "--slaves", "1", "--connect", "nonsense", "--keep-dialling"]));
    assert_eq!(code, Some(1));
    assert!(said.contains("an address is HOST:PORT"), "{said}");
}

/// `dpfw slave` that dials, with its standard error.
fn dialling(arguments: &[&str]) -> (Slave, std::process::ChildStderr) {
    let mut command = dpfw(&["slave", "--slaves", "1", "--connect"]);
    let mut process = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stdout = BufReader::new(process.stdout.take().unwrap());
    let stderr = process.stderr.take().unwrap();
    (Slave { process, stdout, address: String::new() }, stderr)
}

fn said(mut stderr: std::process::ChildStderr) -> String {
    let mut text = String::new();
    stderr.read_to_string(&mut text).unwrap();
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slave_that_dials_says_that_its_master_has_left() {
    let master = Master::new();
    let listener = master.listen("127.0.0.1:0").await.unwrap();
    let (mut slave, stderr) = dialling(&[&listener.local_addr().to_string()]);
    tokio::time::timeout(PATIENCE, master.wait_for_slaves(1)).await.unwrap();
    master.shutdown().await;
    assert_eq!(slave.ended(), Some(0));
    let said = said(stderr);
    assert!(said.contains("the master has left"), "{said}");
    // It is no terminal, so there are no colours.
    assert!(!said.contains('\u{1b}'), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slave_that_keeps_dialling_serves_one_master_after_another() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    // Nobody is there yet.
    let (mut slave, stderr) = dialling(&[&address, "--keep-dialling"]);
    for number in 0..2 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let master = Master::new();
        let _listener = master.listen(&address).await.unwrap();
        tokio::time::timeout(PATIENCE, master.wait_for_slaves(1)).await.unwrap();
        assert_eq!(ended_in_time(master.run(remote!((lambda (i o) ,number)))).await.unwrap(), number);
        if number == 1 {
            // A signal ends it, and that is not the master's leave.
            slave.signal("-TERM");
            assert_eq!(slave.ended(), Some(0));
        }
        master.shutdown().await;
    }
    let said = said(stderr);
    assert!(said.contains(&format!("cannot connect to {address}: ")), "{said}");
    assert_eq!(said.matches("the master has left").count(), 1, "{said}");
}
