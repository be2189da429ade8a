//! A proxy of TCP with weather: connections through it are delayed, throttled, held up, cut and corrupted.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::{mpsc, watch},
    task::AbortHandle,
    time::Instant,
};

/// What becomes of the bytes, in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    Clear,
    /// Each byte comes so much later.
    Delay(Duration),
    /// So many bytes a second pass, and few are read ahead: who sends finds a slow reader.
    Throttle(u32),
    /// Nothing passes; connections are accepted and stay. What was sent comes when the weather changes.
    HalfOpen,
    /// Connections end behind their byte with this number, counted from when the weather changed.
    Cut {
        after: u64,
        how: Cut,
    },
    /// One bit of what passes next in each direction of each connection is turned over.
    ///
    /// In clear nothing but TCP's own checksum, which the proxy makes anew, would tell: a value would be another one. So
    /// this is weather for TLS.
    Corrupt,
    /// All that comes passes twice, as from a peer that says the same again. In clear that tells nothing wrong only as long
    /// as whole messages come together.
    Twice,
}

/// How a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// With an end of the stream, as by a process that has ended.
    Fin,
    /// With a reset.
    Reset,
}

/// A proxy; it ends, with its connections, when it is dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    weather: watch::Sender<Weather>,
    accepting: AbortHandle,
    harm: Arc<AtomicU64>,
}

/// Bytes that pass together at most.
const CHUNK_BYTES: usize = 16 * 1024;
/// Chunks under way in a delay.
const CHUNKS_MAX: usize = 256;

impl Proxy {
    /// A proxy at a free port of `listen` for what listens at `target`.
    pub(crate) async fn start(listen: SocketAddr, target: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let (weather, now) = watch::channel(Weather::Clear);
        let harm = Arc::new(AtomicU64::new(0));
        let accepting = tokio::spawn(accept(listener, target, now, Arc::clone(&harm))).abort_handle();
        Ok(Self { address, weather, accepting, harm })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    /// How many connections were cut, bits turned over and pieces said twice.
    pub(crate) fn harm(&self) -> u64 {
        self.harm.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, weather: watch::Receiver<Weather>, harm: Arc<AtomicU64>) {
    // Connections end with this task.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if let Ok((near, _)) = listener.accept().await {
            connections.spawn(carry(near, target, weather.clone(), Arc::clone(&harm)));
        }
    }
}

/// Carries one connection to its end.
async fn carry(mut near: TcpStream, target: SocketAddr, mut weather: watch::Receiver<Weather>, harm: Arc<AtomicU64>) {
    // As long as nothing passes nobody is there.
    if weather.wait_for(|weather| *weather != Weather::HalfOpen).await.is_err() {
        return;
    }
    let Ok(mut far) = TcpStream::connect(target).await else { return };
    if near.set_nodelay(true).and_then(|()| far.set_nodelay(true)).is_err() {
        return;
    }
    let carried = {
        let (near_in, near_out) = near.split();
        let (far_in, far_out) = far.split();
        let direction = || Direction { weather: weather.clone(), passed: 0, is_turned: false, harm: Arc::clone(&harm) };
        // A cut ends both directions; the end of a stream passes like its bytes.
        futures::future::try_join(direction().pump(near_in, far_out), direction().pump(far_in, near_out)).await
    };
    if let Err(Ended::Cut(how)) = carried {
        harm.fetch_add(1, Ordering::Relaxed);
        if how == Cut::Reset {
            // Closed like this, a socket sends a reset. One that has gone already cannot be told, and need not be.
            let _ = near.set_zero_linger().and_then(|()| far.set_zero_linger());
        }
    }
}

/// Why a direction carries no more.
enum Ended {
    Cut(Cut),
    Broken,
}

impl From<io::Error> for Ended {
    fn from(_: io::Error) -> Self {
        Self::Broken
    }
}

/// One direction of a connection.
struct Direction {
    weather: watch::Receiver<Weather>,
    /// Bytes since the weather changed.
    passed: u64,
    is_turned: bool,
    harm: Arc<AtomicU64>,
}

impl Direction {
    /// Carries bytes from `input` to `output`, up to the end of the stream.
    async fn pump(mut self, mut input: ReadHalf<'_>, mut output: WriteHalf<'_>) -> Result<(), Ended> {
        let (sender, mut receiver) = mpsc::channel::<(Instant, Vec<u8>)>(CHUNKS_MAX);
        let weather = self.weather.clone();
        let read = async move {
            loop {
                let room = match *weather.borrow() {
                    Weather::Throttle(_) => CHUNK_BYTES / 16,
                    _ => CHUNK_BYTES,
                };
                let mut chunk = vec![0; room];
                let length = input.read(&mut chunk).await?;
                if length == 0 {
                    return Ok::<_, Ended>(());
                }
                chunk.truncate(length);
                let due = match *weather.borrow() {
                    Weather::Delay(delay) => Instant::now() + delay,
                    _ => Instant::now(),
                };
                if sender.send((due, chunk)).await.is_err() {
                    return Ok(());
                }
            }
        };
        let write = async {
            while let Some((due, chunk)) = receiver.recv().await {
                tokio::time::sleep_until(due).await;
                self.pass(chunk, &mut output).await?;
            }
            Ok(output.shutdown().await?)
        };
        futures::future::try_join(read, write).await.map(drop)
    }

    async fn pass(&mut self, mut chunk: Vec<u8>, output: &mut WriteHalf<'_>) -> Result<(), Ended> {
        if self.weather.has_changed().unwrap_or(false) {
            (self.passed, self.is_turned) = (0, false);
        }
        let weather = *self.weather.borrow_and_update();
        match weather {
            Weather::Clear | Weather::Delay(_) | Weather::Twice => {}
            Weather::Throttle(rate) => {
                let length = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
                tokio::time::sleep(Duration::from_secs(1) * length / rate).await;
            }
            Weather::HalfOpen => {
                // The sender is dropped with the proxy, whose end is that of this connection as well.
                let _ = self.weather.wait_for(|weather| *weather != Weather::HalfOpen).await;
                (self.passed, self.is_turned) = (0, false);
            }
            Weather::Cut { after, how } => {
                let left = usize::try_from(after.saturating_sub(self.passed)).unwrap_or(usize::MAX);
                if chunk.len() >= left {
                    output.write_all(&chunk[..left]).await?;
                    return Err(Ended::Cut(how));
                }
            }
            Weather::Corrupt => {
                if !std::mem::replace(&mut self.is_turned, true) {
                    let position = fastrand::usize(..chunk.len());
                    chunk[position] ^= 1 << fastrand::u32(..8);
                    self.harm.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        if weather == Weather::Twice {
            self.harm.fetch_add(1, Ordering::Relaxed);
            output.write_all(&chunk).await?;
        }
        self.passed += chunk.len() as u64;
        Ok(output.write_all(&chunk).await?)
    }
}

mod tests {
    use super::*;

    /// A proxy before an echo, and a connection through it.
    async fn echo() -> (Proxy, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut input, mut output) = stream.split();
                    tokio::io::copy(&mut input, &mut output).await
                });
            }
        });
        let proxy = Proxy::start(([127, 0, 0, 1], 0).into(), target).await.unwrap();
        let stream = TcpStream::connect(proxy.address()).await.unwrap();
        (proxy, stream)
    }

    /// What comes back of `bytes`, and after how long.
    async fn exchange(stream: &mut TcpStream, bytes: &[u8]) -> (Vec<u8>, Duration) {
        let start = Instant::now();
        stream.write_all(bytes).await.unwrap();
        let mut back = vec![0; bytes.len()];
        stream.read_exact(&mut back).await.unwrap();
        (back, start.elapsed())
    }

    #[tokio::test]
    async fn bytes_pass_late_slowly_or_changed() {
        let (proxy, mut stream) = echo().await;
        let sent = vec![7; 3_000];
        assert_eq!(exchange(&mut stream, &sent).await.0, sent);
        proxy.set(Weather::Delay(Duration::from_millis(60)));
        let (back, took) = exchange(&mut stream, &sent).await;
        assert!(back == sent && took >= Duration::from_millis(120), "{took:?}");
        proxy.set(Weather::Throttle(30_000));
        let (back, took) = exchange(&mut stream, &sent).await;
        assert!(back == sent && took >= Duration::from_millis(100), "{took:?}");
        proxy.set(Weather::Corrupt);
        let (back, _) = exchange(&mut stream, &sent).await;
        let turned: u32 = back.iter().map(|byte| (byte ^ 7).count_ones()).sum();
        assert_eq!(proxy.harm(), 2);
        assert!(turned == 2 || turned == 0, "one bit for each direction, or the same one twice, and not {turned}");
    }

    #[tokio::test]
    async fn nothing_passes_a_half_open_connection_until_the_weather_clears() {
        let (proxy, mut stream) = echo().await;
        exchange(&mut stream, b"warm").await;
        proxy.set(Weather::HalfOpen);
        let silence = tokio::time::timeout(Duration::from_millis(100), exchange(&mut stream, b"kept")).await;
        assert!(silence.is_err());
        proxy.set(Weather::Clear);
        let mut back = [0; 4];
        stream.read_exact(&mut back).await.unwrap();
        assert_eq!(&back, b"kept");
    }

    #[tokio::test]
    async fn a_connection_is_cut_behind_its_byte() {
        for how in [Cut::Fin, Cut::Reset] {
            let (proxy, mut stream) = echo().await;
            exchange(&mut stream, b"warm").await;
            proxy.set(Weather::Cut { after: 5, how });
            stream.write_all(b"0123").await.unwrap();
            let mut back = vec![0; 4];
            stream.read_exact(&mut back).await.unwrap();
            stream.write_all(b"4567").await.unwrap();
            back.clear();
            let end = stream.read_to_end(&mut back).await;
            assert!(back.len() <= 1, "{back:?}");
            assert_eq!(end.is_err(), how == Cut::Reset, "{how:?} {end:?}");
            assert_eq!(proxy.harm(), 1);
        }
    }
}
