use dpfw::{InputPort, Master, OutputPort, parallel, read_result, remote};

async fn dialogue(_i: InputPort, _o: OutputPort) -> dpfw::Result<Vec<u8>> {
    Ok(Vec::new())
}

fn main() {
    let master = Master::new();
    let n = 2;
    let task = remote!((lambda (i o) 5));
    let _ = async {
        let (a, b): (i64, String) = parallel! {
            remote!((lambda (i o) (+ ,n 1))) => read_result,
            remote!((lambda (i o) "text")) => read_result,
        }
        .await?;
        let _ = parallel! {
            on master;
            remote!< (lambda (i o) (>= ,n 1)) > => read_result::<bool>,
            (lambda (i o) (+ ,n 1)) => |mut i, mut o| async move {
                o.write(&1).await?;
                Ok(i.read::<i64>().await?)
            },
            (task.clone(), read_result::<i64>),
            task.clone().label("again") => read_result::<i64>,
            (remote!((lambda (i o) 1)), dialogue),
        }
        .await?;
        let (only,) = parallel! { on &master; task.clone() => read_result::<u8> }.await?;
        let _: u8 = only;
        let _ = (a, b);
        Ok::<_, dpfw::TaskError>(())
    };
}
