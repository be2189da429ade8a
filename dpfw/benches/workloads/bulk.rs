//! W3: much data, through ports and as spliced values, beside frames of the same bytes.

use std::time::Instant;

use bytes::{BufMut, Bytes, BytesMut};
use dpfw::{F64Vector, Master, Task, Value, remote};
use futures::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_util::codec::{Framed, LengthDelimitedCodec};

use crate::{
    Outcome,
    bare::{self, Serve},
    calls::one_slave,
    peer::{self, Peer},
    report::{Better, Row, Rows},
    roles,
    settings::Settings,
    stats::{Side, millis},
};

type Frames = Framed<TcpStream, LengthDelimitedCodec>;

const MIB: usize = 1 << 20;
const FLOATS: usize = 100_000;
/// Bytes that are written at once to a stream.
const PIECE_BYTES: usize = 64 * 1024;

pub(crate) fn measure(settings: &Settings) -> Outcome<Rows> {
    roles::current_thread()?.block_on(async {
        let (slave, master) = one_slave().await?;
        let server = Serve::Frames.start()?;
        let mut frames = bare::framed(bare::connect(server.address).await?);

        let mut rows = Rows::new();
        // Larger ones are echoed less often.
        for (name, bytes, echoes) in [("1M", MIB, 16), ("16M", settings.pick(16, 4) * MIB, 2)] {
            let echoes = settings.pick(echoes, 1);
            rows.extend(echo_rows(settings, &master, &mut frames, name, bytes, echoes).await?);
        }
        rows.extend(sums(settings, &master).await?);
        rows.push(stream(settings.pick(1024, 8) * MIB, &master, &slave.peer).await?);
        Ok(rows)
    })
}

/// Bytevectors and strings of a size, both to and fro.
async fn echo_rows(
    settings: &Settings,
    master: &Master,
    frames: &mut Frames,
    name: &str,
    bytes: usize,
    echoes: usize,
) -> Outcome<Rows> {
    let text: String = ('a'..='z').cycle().take(bytes).collect();
    let raw = Bytes::from(text.clone());
    let (bytevector, string) = (Value::Bytes(raw.clone()), Value::String(text.into()));

    let [mut bytevectors, mut strings, mut bare]: [Side; 3] = Default::default();
    for is_counted in settings.rounds() {
        let of_bytevector = echo(master, bytevector.clone(), bytes, echoes).await?;
        let of_bare = echo_frames(frames, &raw, echoes).await?;
        let of_string = echo(master, string.clone(), bytes, echoes).await?;
        if is_counted {
            bytevectors.add(vec![of_bytevector]);
            strings.add(vec![of_string]);
            bare.add(vec![of_bare]);
        }
    }
    let row = |what: &str, side: &Side| {
        let row = Row::new(&format!("{what} of {} MiB, echoed", bytes / MIB), "MB/s", Better::Higher, side.median());
        row.tokio(bare.median(), side.ratio_to(&bare))
    };
    Ok(vec![
        (format!("-bytes-{name}"), row("bytevector", &bytevectors)),
        (format!("-string-{name}"), row("string", &strings)),
    ])
}

/// Bytes of payload per microsecond of a round trip.
async fn echo(master: &Master, datum: Value, bytes: usize, echoes: usize) -> Outcome<f64> {
    let same = remote!((lambda (i o)
        (let loop ((datum (read i)))
            (if (not (eof-object? datum))
                (begin
                    (write datum o)
                    (loop (read i)))))));
    let seconds = master.make_task(same, async move |mut i, mut o| {
        let mut answers = Vec::new();
        let start = Instant::now();
        for _ in 0..echoes {
            o.write_value(&datum).await?;
            answers.push(i.read_value().await?);
        }
        let seconds = start.elapsed().as_secs_f64();
        assert!(answers.into_iter().all(|answer| answer.as_ref() == Some(&datum)));
        Ok(seconds)
    });
    Ok((bytes * echoes) as f64 / 1e6 / seconds.await?)
}

async fn echo_frames(frames: &mut Frames, payload: &Bytes, echoes: usize) -> Outcome<f64> {
    let mut answers = Vec::new();
    let start = Instant::now();
    for _ in 0..echoes {
        frames.send(payload.clone()).await?;
        answers.push(frames.next().await.ok_or("the echo ended")??);
    }
    let seconds = start.elapsed().as_secs_f64();
    assert!(answers.iter().all(|answer| answer == payload));
    Ok((payload.len() * echoes) as f64 / 1e6 / seconds)
}

fn sum_of_vector(floats: &F64Vector) -> Task {
    remote!((lambda (i o) (f64vector-sum ,floats)))
}

fn sum_of_list(floats: &Vec<f64>) -> Task {
    remote!((lambda (i o) (apply + ,floats)))
}

/// Floats summed by the slave, as an f64vector and as a list.
async fn sums(settings: &Settings, master: &Master) -> Outcome<Rows> {
    let server = Serve::Sum.start()?;
    let mut frames = bare::framed(bare::connect(server.address).await?);
    let count = u32::try_from(FLOATS)?;
    let list: Vec<f64> = (0..count).map(f64::from).collect();
    let vector = F64Vector::from(&list[..]);
    // Whole numbers this small add up exactly, in any order.
    let expected: f64 = list.iter().sum();

    let [mut vectors, mut lists, mut bare]: [Side; 3] = Default::default();
    for is_counted in settings.rounds() {
        let mut times = [const { Vec::new() }; 3];
        for _ in 0..settings.pick(5, 1) {
            let start = Instant::now();
            let of_vector: f64 = master.run(sum_of_vector(&vector)).await?;
            times[0].push(millis(start.elapsed()));

            let start = Instant::now();
            let of_list: f64 = master.run(sum_of_list(&list)).await?;
            times[1].push(millis(start.elapsed()));

            let start = Instant::now();
            let mut frame = BytesMut::with_capacity(8 * FLOATS);
            list.iter().for_each(|float| frame.put_f64_le(*float));
            frames.send(frame.freeze()).await?;
            let answer = frames.next().await.ok_or("the server ended")??;
            times[2].push(millis(start.elapsed()));
            assert_eq!((of_vector, of_list, &answer[..]), (expected, expected, &expected.to_le_bytes()[..]));
        }
        if is_counted {
            for (side, times) in [&mut vectors, &mut lists, &mut bare].into_iter().zip(times) {
                side.add(times);
            }
        }
    }
    let row = |what, side: &Side| {
        Row::new(what, "ms", Better::Lower, side.median())
            .tokio(bare.median(), side.ratio_to(&bare))
            .detail("p99", side.p99())
    };
    Ok(vec![
        ("-f64vector".to_owned(), row("100,000 floats summed, an f64vector", &vectors)),
        ("-list".to_owned(), row("100,000 floats summed, a list", &lists)),
    ])
}

/// Much more than is held at once, read and written in pieces on both sides.
async fn stream(bytes: usize, master: &Master, slave: &Peer) -> Outcome<(String, Row)> {
    let (here, there) = (peer::resident_kib("self")?, slave.resident_kib()?);
    let pass_on = remote!((lambda (i o)
        (let loop ((piece (read-bytevector 65536 i)))
            (if (not (eof-object? piece))
                (begin
                    (write-bytevector piece o)
                    (loop (read-bytevector 65536 i)))))));
    let seconds = master.make_task(pass_on, async move |mut i, mut o| {
        let piece = vec![9; PIECE_BYTES];
        let start = Instant::now();
        let write = async {
            for _ in 0..bytes / PIECE_BYTES {
                o.writer().write_all(&piece).await?;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(o.close().await?)
        };
        let read = async { Ok(read_all(&mut i.reader()).await?) };
        let ((), received) = tokio::try_join!(write, read)?;
        assert_eq!(received, bytes);
        Ok(start.elapsed().as_secs_f64())
    });
    let seconds = seconds.await?;
    let (here_after, there_after) = (peer::resident_kib("self")?, slave.resident_kib()?);

    let bare_seconds = stream_bare(bytes).await?;
    let rate = |seconds: f64| bytes as f64 / 1e6 / seconds;
    let what = format!("{} MiB streamed to and fro", bytes / MIB);
    let row = Row::new(&what, "MB/s", Better::Higher, rate(seconds))
        .tokio(rate(bare_seconds), bare_seconds / seconds)
        .detail("master_mib_before", here / 1024.0)
        .detail("master_mib_after", here_after / 1024.0)
        .detail("slave_mib_before", there / 1024.0)
        .detail("slave_mib_after", there_after / 1024.0);
    Ok(("-stream".to_owned(), row))
}

async fn stream_bare(bytes: usize) -> Outcome<f64> {
    let server = Serve::Copy.start()?;
    let (mut reader, mut writer) = bare::connect(server.address).await?.into_split();
    let piece = vec![9; PIECE_BYTES];
    let start = Instant::now();
    let write = async {
        for _ in 0..bytes / PIECE_BYTES {
            writer.write_all(&piece).await?;
        }
        writer.shutdown().await
    };
    let ((), received) = tokio::try_join!(write, read_all(&mut reader))?;
    assert_eq!(received, bytes);
    Ok(start.elapsed().as_secs_f64())
}

/// Reads to the end and counts the bytes.
async fn read_all(reader: &mut (impl tokio::io::AsyncRead + Unpin)) -> std::io::Result<usize> {
    let mut buffer = vec![0; PIECE_BYTES];
    let mut received = 0;
    loop {
        match reader.read(&mut buffer).await? {
            0 => return Ok(received),
            count => {
                assert!(buffer[..count].iter().all(|&byte| byte == 9));
                received += count;
            }
        }
    }
}
