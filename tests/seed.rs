//! The procedures and examples of the original.

use dpfw::{parallel, read_result, remote, testing::LocalCluster};

#[tokio::test]
async fn a_task_is_evaluated_and_its_value_read() {
    let cluster = LocalCluster::start(1).await;
    let five: i64 = cluster.master().make_task(remote!((lambda (i o) (+ 2 3))), read_result).await.unwrap();
    assert_eq!(five, 5);
    let n = 20;
    let sum: i64 = cluster.master().run(remote!((lambda (i o) (+ ,n 3)))).await.unwrap();
    assert_eq!(sum, 23);
}

#[tokio::test]
async fn parallel_tasks_give_a_tuple() {
    let cluster = LocalCluster::start(2).await;
    let (three, ten): (i64, i64) = parallel! {
        on cluster.master();
        remote!((lambda (i o) (+ 2 1))) => read_result,
        (lambda (i o) (+ 5 5)) => read_result,
    }
    .await
    .unwrap();
    assert_eq!((three, ten), (3, 10));
}

#[tokio::test]
async fn a_generator_in_the_slave_table_goes_on_from_task_to_task() {
    let cluster = LocalCluster::start(2).await;
    let slave = cluster.master().get_slave().await.unwrap();
    slave
        .make_task::<(), _, _>(
            remote!((lambda (i o)
                (hash-table-update! (dpfw-slave-ht) 'uniqID values
                    (lambda () (let ((n 0)) (lambda () (set! n (+ n 1)) n)))))),
            read_result,
        )
        .await
        .unwrap();
    for expected in 1..=3 {
        let next = remote!((lambda (i o) ((hash-table-ref (dpfw-slave-ht) 'uniqID))));
        assert_eq!(slave.run::<i64>(next).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_dialogue_of_a_thousand_exchanges_keeps_its_order() {
    let cluster = LocalCluster::start(1).await;
    let echo = remote!((lambda (i o)
        (let loop ((datum (read i)) (count 0))
            (if (eof-object? datum) count
                (begin (write (* 2 datum) o) (flush-output-port o) (loop (read i) (+ count 1)))))));
    let count: i64 = cluster
        .master()
        .make_task(echo, async |mut i, mut o| {
            for n in 0..1000_i64 {
                o.write(&n).await?;
                assert_eq!(i.read::<i64>().await?, 2 * n);
            }
            o.close().await?;
            Ok(i.read::<i64>().await?)
        })
        .await
        .unwrap();
    assert_eq!(count, 1000);
}
