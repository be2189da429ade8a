//! The public interface as programs outside this repository use it: every name, and every shape of local procedure.

use std::{future::Future, time::Duration};

use dpfw::{
    Code, F64Vector, InputPort, Limits, LinkConfig, Master, OutputPort, PortError, PortResult, Promise, Security,
    Slave, Task, TaskError, TaskErrorKind, Value, from_value, parallel, read_result, remote, testing::LocalCluster,
    to_value,
};
use futures::{StreamExt, TryStreamExt, future::try_join_all};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Reading {
    sensor: String,
    values: Vec<f64>,
    checked: Option<bool>,
}

async fn double(mut i: InputPort, mut o: OutputPort) -> dpfw::Result<i64> {
    o.write(&21).await?;
    Ok(i.read().await?)
}

fn doubling() -> Task {
    remote!((lambda (i o) (* 2 (read i))))
}

fn is_send<T: Send + 'static>(value: T) -> T {
    value
}

#[tokio::test]
async fn local_procedures_may_be_functions_closures_and_async_closures() {
    let cluster = LocalCluster::start(1).await;
    let master = cluster.master();
    assert_eq!(master.make_task(doubling(), double).await.unwrap(), 42);
    let closure = |mut i: InputPort, mut o: OutputPort| async move {
        o.write(&4).await?;
        Ok(i.read::<i64>().await?)
    };
    assert_eq!(master.make_task(doubling(), closure).await.unwrap(), 8);
    let offset = 1;
    let asynchronous = async move |mut i: InputPort, mut o: OutputPort| {
        o.write(&"5".parse::<i64>()?).await?;
        Ok(i.read::<i64>().await? + offset)
    };
    assert_eq!(master.make_task(doubling(), asynchronous).await.unwrap(), 11);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promises_and_their_futures_can_be_spawned() {
    let cluster = LocalCluster::start(2).await;
    let master = cluster.master().clone();
    let promise: Promise<i64> = is_send(master.run(remote!((lambda (i o) (+ 2 3)))));
    assert_eq!(tokio::spawn(promise).await.unwrap().unwrap(), 5);
    let all = is_send(parallel! {
        on master;
        remote!((lambda (i o) 1)) => read_result::<i64>,
        (remote!((lambda (i o) "two")), read_result::<String>),
        (lambda (i o) #t) => read_result::<bool>,
        remote!< (lambda (i o) (>= 2 1)) > => read_result::<bool>,
    });
    assert_eq!(tokio::spawn(all).await.unwrap().unwrap(), (1, "two".to_owned(), true, true));
    let promises = (0..10).map(|n| master.run::<i64>(remote!((lambda (i o) (* ,n ,n)))));
    assert_eq!(try_join_all(promises).await.unwrap(), [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]);
    let guarded = is_send(master.get_slave()).await.unwrap();
    assert_eq!(guarded.run::<i64>(remote!((lambda (i o) 7))).await.unwrap(), 7);
}

#[tokio::test]
async fn structured_values_travel_exactly() {
    let cluster = LocalCluster::start(1).await;
    let reading = Reading { sensor: "λ 1".into(), values: vec![0.1, -0.0, f64::INFINITY], checked: None };
    let back: Reading = cluster.master().run(remote!((lambda (i o) ,reading))).await.unwrap();
    assert_eq!(back, reading);
    assert!(back.values[1].is_sign_negative());
    let sensor: String = cluster.master().run(remote!((lambda (i o) (cdr (assq 'sensor ,reading))))).await.unwrap();
    assert_eq!(sensor, reading.sensor);
    let floats = F64Vector::from(vec![1.5, 2.5]);
    assert_eq!(cluster.master().run::<f64>(remote!((lambda (i o) (f64vector-sum ,floats)))).await.unwrap(), 4.0);
    let big = u128::MAX;
    assert_eq!(cluster.master().run::<u128>(remote!((lambda (i o) (- (+ ,big 1) 1)))).await.unwrap(), big);
    let value = to_value(&reading).unwrap();
    assert_eq!(from_value::<Reading>(value.clone()).unwrap(), reading);
    assert_eq!(cluster.master().run::<Value>(remote!((lambda (i o) ,value))).await.unwrap(), value);
    let code: Code = Code::parse("(lambda (x) (* x x))").unwrap();
    assert_eq!(cluster.master().run::<i64>(remote!((lambda (i o) (,code 9)))).await.unwrap(), 81);
}

#[tokio::test]
async fn ports_read_and_write_data_text_and_bytes() {
    let cluster = LocalCluster::start(1).await;
    let task = remote!((lambda (i o)
        (write (read i) o)
        (newline o)
        (write-string (read-line i) o)
        (write-char (read-char i) o)
        (newline o)
        (write (read-string 3 i) o)
        (write-bytevector (read-bytevector 4 i) o)
        (write (eof-object? (read i)) o)));
    let done: () = cluster
        .master()
        .make_task(task, async |mut i: InputPort, mut o: OutputPort| {
            o.write_value(&Value::from(vec![1, 2])).await?;
            o.write_str("a line").await?;
            o.newline().await?;
            o.writer().write_all(b"x").await?;
            o.write_str("abc").await?;
            o.writer().write_all(&[1, 2, 3, 4]).await?;
            o.flush().await?;
            o.close().await?;
            let refused: PortResult<()> = o.write(&1).await;
            assert_eq!(refused, Err(PortError::Closed));
            assert_eq!(i.read_value().await?, Some(Value::from(vec![1, 2])));
            assert_eq!(i.read_char().await?, Some('\n'));
            assert_eq!(i.read_line().await?.as_deref(), Some("a linex"));
            assert_eq!(i.read::<String>().await?, "abc");
            assert_eq!(&i.read_bytes(4).await?[..], [1, 2, 3, 4]);
            let mut rest = String::new();
            i.reader().read_to_string(&mut rest).await?;
            assert_eq!(rest, "#t");
            assert_eq!(i.read::<i64>().await, Err(PortError::Eof));
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(done, ());
}

#[tokio::test]
async fn a_map_is_a_stream_in_either_order() {
    let cluster = LocalCluster::start(2).await;
    let square = |n: i64| remote!((lambda (i o) (* ,n ,n)));
    let ordered: Vec<i64> = cluster.master().map::<i64, _, _>(0..100, square).buffered(8).try_collect().await.unwrap();
    assert_eq!(ordered, (0..100).map(|n| n * n).collect::<Vec<_>>());
    let mut unordered: Vec<i64> =
        cluster.master().map::<i64, _, _>(0..100, square).unordered(8).try_collect().await.unwrap();
    unordered.sort_unstable();
    assert_eq!(unordered, ordered);
    let first = cluster.master().map::<i64, _, _>(0.., square).next().await.unwrap();
    assert_eq!(first.unwrap(), 0);
}

#[tokio::test]
async fn slaves_offer_functions_of_their_program() {
    let builder = || {
        Slave::builder()
            .register_fn("prime?", |n: u64| n > 1 && (2..n).all(|d| !n.is_multiple_of(d)))
            .register_fn("checked-half", |n: i64| if n % 2 == 0 { Ok(n / 2) } else { Err(format!("{n} is odd")) })
            .register_async_fn("wait", |ms: u64| async move {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                ms
            })
            .limits(Limits { wall_time: Some(Duration::from_secs(5)), ..Limits::default() })
    };
    let cluster = LocalCluster::start_with(Master::new(), 1, builder).await.unwrap();
    let master = cluster.master();
    assert_eq!(master.slaves()[0].natives, ["prime?", "checked-half", "wait"]);
    let task = remote! { extern (prime? 1) (lambda (i o) (map prime? (quote (90 97)))) };
    assert_eq!(master.run::<Vec<bool>>(task).await.unwrap(), [false, true]);
    let task = remote! { extern (wait 1) (lambda (i o) (wait 5)) };
    assert_eq!(master.run::<u64>(task).await.unwrap(), 5);
    let task = remote! { extern (checked-half 1) (lambda (i o) (checked-half 3)) };
    let error = master.run::<i64>(task).await.unwrap_err();
    assert!(error.condition().unwrap().message().contains("3 is odd"), "{error}");
    let task = remote! { extern (missing 0) (lambda (i o) (missing)) };
    let error = master.run::<i64>(task).await.unwrap_err();
    assert!(matches!(error.kind(), TaskErrorKind::Rejected(_)) && error.to_string().contains("missing"), "{error}");
}

async fn procedures_of_the_original() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    // A slave server and a master client.
    let port = free_port().await?;
    let server = tokio::spawn(dpfw::slave_server(port, Some(16), None));
    connect(port).await?;
    // A master server and a slave client.
    let port = free_port().await?;
    let listening = tokio::spawn(dpfw::master_server(port, None, Some("127.0.0.1")));
    let client = tokio::spawn(async move {
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::task::yield_now().await;
        }
        dpfw::slave_client("", port).await
    });
    // Two slaves can be reserved at once only if both ways made one.
    let first = dpfw::get_slave().await?;
    let second = dpfw::get_slave().await?;
    assert!(dpfw::try_get_slave().is_none());
    let n: i64 = first.make_task(remote!((lambda (i o) (+ 2 3))), read_result).await?;
    let m: i64 = second.make_task(remote!((lambda (i o) (+ 5 5))), read_result).await?;
    drop((first, second));
    assert_eq!((n, m, dpfw::run::<i64>(remote!((lambda (i o) 1))).await?), (5, 10, 1));
    assert_eq!(dpfw::make_task(doubling(), double).await?, 42);
    let (three, ten): (i64, i64) =
        parallel! { (lambda (i o) (+ 2 1)) => read_result, (lambda (i o) (+ 5 5)) => read_result }.await?;
    assert_eq!((three, ten), (3, 10));
    server.abort();
    listening.abort();
    client.abort();
    Ok(())
}

async fn free_port() -> std::io::Result<u16> {
    Ok(tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port())
}

async fn connect(port: u16) -> Result<(), dpfw::ConnectError> {
    for _ in 0..1000 {
        match dpfw::master_client("", port).await {
            Ok(_) => return Ok(()),
            Err(dpfw::ConnectError::Io(_)) => tokio::time::sleep(Duration::from_millis(5)).await,
            Err(err) => return Err(err),
        }
    }
    panic!("nobody listens on port {port}");
}

#[test]
fn two_runtimes_one_after_the_other_have_their_own_default_masters() {
    for _ in 0..2 {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let end = runtime.block_on(async {
            let none = dpfw::run::<i64>(remote!((lambda (i o) 1))).await.unwrap_err();
            assert!(matches!(none.kind(), TaskErrorKind::NoSlave), "{none}");
            tokio::time::timeout(Duration::from_secs(30), procedures_of_the_original()).await
        });
        end.expect("in time").unwrap();
    }
}

#[test]
fn a_promise_outlives_its_runtime_as_an_error() {
    let master = Master::new();
    let first = tokio::runtime::Runtime::new().unwrap();
    let cluster = first.block_on(LocalCluster::start_with(master.clone(), 1, Slave::builder)).unwrap();
    let endless = master.run::<()>(remote!((lambda (i o) (read i) (let loop () (loop)))));
    drop(first);
    let second = tokio::runtime::Runtime::new().unwrap();
    let error = second.block_on(async { tokio::time::timeout(Duration::from_secs(10), endless).await });
    let error = error.expect("in time").unwrap_err();
    assert!(error.is_cancelled() || error.is_slave_lost(), "{error}");
    drop(cluster);
}

#[tokio::test]
async fn links_off_loopback_are_refused_unless_chosen_by_name() {
    let refused = Slave::new().serve("0.0.0.0:0").await.unwrap_err();
    assert!(matches!(refused, dpfw::SlaveError::Security(_)), "{refused}");
    let refused = Master::new().listen("0.0.0.0:0").await.unwrap_err();
    assert!(matches!(refused, dpfw::ConnectError::Security(_)), "{refused}");
    let listener = Master::builder().security(Security::Insecure).build().listen("0.0.0.0:0").await.unwrap();
    assert_ne!(listener.local_addr().port(), 0);
    listener.close();
}

#[tokio::test]
async fn a_token_lets_in_only_those_who_know_it() {
    let with = |token: &str| Master::builder().security(Security::token(token)).build();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let slave = Slave::builder().security(Security::token("secret")).build();
    let server = tokio::spawn(async move { slave.serve_listener(listener).await });
    for stranger in [with("Secret"), Master::new()] {
        let refused = stranger.connect(address).await.unwrap_err();
        assert!(matches!(refused, dpfw::ConnectError::Link(_)), "{refused}");
    }
    let master = with("secret");
    master.connect(address).await.unwrap();
    assert_eq!(master.run::<i64>(remote!((lambda (i o) 5))).await.unwrap(), 5);
    server.abort();
}

#[tokio::test]
async fn a_shut_down_master_cancels_what_is_left() {
    let cluster = LocalCluster::start(1).await;
    let master = cluster.master().clone();
    let endless = master.run::<()>(remote!((lambda (i o) (let loop () (loop)))).label("endless"));
    let waiting = master.run::<()>(remote!((lambda (i o) 1)));
    master.shutdown().await;
    let error: TaskError = endless.await.unwrap_err();
    assert!(error.is_cancelled() && error.label() == Some("endless"), "{error}");
    assert!(waiting.await.unwrap_err().is_cancelled());
    assert!(master.get_slave().await.is_err());
}

fn assert_future<T, F: Future<Output = Result<T, TaskError>> + Unpin>(future: F) -> F {
    future
}

#[tokio::test]
async fn a_promise_can_be_aborted_detached_and_asked() {
    let config = LinkConfig::default();
    let cluster = LocalCluster::start_with(Master::builder().link(config).build(), 1, Slave::builder).await.unwrap();
    let promise = assert_future(cluster.master().run::<()>(remote!((lambda (i o) (let loop () (loop))))));
    assert!(!promise.is_finished());
    promise.abort();
    assert!(promise.is_finished());
    assert!(promise.await.unwrap_err().is_cancelled());
    cluster.master().run::<()>(remote!((lambda (i o) (hash-table-set! (dpfw-slave-ht) 'detached #t)))).detach();
    let kept =
        cluster.master().run::<bool>(remote!((lambda (i o) (hash-table-ref/default (dpfw-slave-ht) 'detached #f))));
    assert!(kept.await.unwrap());
}

#[test]
fn a_function_that_no_task_could_name_is_refused() {
    for name in ["car", "if", "%box", "_0", "", ")", "1", "two words", "'a"] {
        let register = std::panic::catch_unwind(|| Slave::builder().register_fn(name, |n: i64| n));
        assert!(register.is_err(), "{name:?}");
    }
    let _ = Slave::builder().register_fn("λ->x!", |n: i64| n);
}
