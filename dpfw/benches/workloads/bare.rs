//! The bare loops that dpfw is measured against: their servers, and the clients' side of them.

use std::{
    io::{Read, Write},
    net::SocketAddr,
    str::FromStr,
};

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};
use tokio_util::codec::{Framed, FramedRead, FramedWrite, LengthDelimitedCodec};

use crate::{Outcome, peer::Server, roles};

/// Bytes of a small message: about a task's and its answer's.
pub(crate) const MESSAGE_BYTES: usize = 40;
/// The longest frame.
const FRAME_MAX: usize = 64 << 20;
/// Frames that are read before the answers are flushed, where they are batched.
const BATCH: usize = 256;

/// What a tokio server does on each of its connections.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Serve {
    /// Sends messages of [`MESSAGE_BYTES`] back.
    Ping,
    /// Sends frames back, each by a write of its own.
    Frames,
    /// Sends frames back, those that came together by one write.
    Batches,
    /// Sends bytes back as they come.
    Copy,
    /// Answers a frame of floats with their sum.
    Sum,
}

impl Serve {
    const ALL: [Self; 5] = [Self::Ping, Self::Frames, Self::Batches, Self::Copy, Self::Sum];

    fn name(self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Frames => "frames",
            Self::Batches => "batches",
            Self::Copy => "copy",
            Self::Sum => "sum",
        }
    }

    /// Starts a process that does so.
    pub(crate) fn start(self) -> Outcome<Server> {
        Server::start(&["bare", self.name()])
    }
}

impl FromStr for Serve {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|how| how.name() == name).ok_or_else(|| format!("no server {name}"))
    }
}

pub(crate) async fn serve(how: Serve) -> Outcome<()> {
    let listener = roles::listen().await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        // The client may leave at any time.
        tokio::spawn(async move { serve_one(how, stream).await.ok() });
    }
}

async fn serve_one(how: Serve, mut stream: TcpStream) -> std::io::Result<()> {
    match how {
        Serve::Ping => {
            let mut message = [0; MESSAGE_BYTES];
            loop {
                stream.read_exact(&mut message).await?;
                stream.write_all(&message).await?;
            }
        }
        Serve::Frames => {
            let mut frames = framed(stream);
            while let Some(frame) = frames.next().await {
                frames.send(frame?.freeze()).await?;
            }
        }
        Serve::Batches => {
            let (mut answers, frames) = framed(stream).split();
            let mut batches = frames.ready_chunks(BATCH);
            while let Some(batch) = batches.next().await {
                for frame in batch {
                    answers.feed(frame?.freeze()).await?;
                }
                answers.flush().await?;
            }
        }
        Serve::Copy => {
            let (mut reader, mut writer) = stream.split();
            tokio::io::copy(&mut reader, &mut writer).await?;
        }
        Serve::Sum => {
            let mut frames = framed(stream);
            while let Some(frame) = frames.next().await {
                let frame = frame?;
                let floats = frame.chunks_exact(8).map(|bytes| bytes.try_into().map_or(f64::NAN, f64::from_le_bytes));
                let sum: f64 = floats.sum();
                frames.send(Bytes::copy_from_slice(&sum.to_le_bytes())).await?;
            }
        }
    }
    Ok(())
}

/// A server of [`StdPing`]s: a thread for each connection.
pub(crate) fn serve_std() -> Outcome<()> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    roles::say_address(listener.local_addr()?)?;
    for stream in listener.incoming() {
        let mut stream = stream?;
        stream.set_nodelay(true)?;
        std::thread::spawn(move || {
            let mut message = [0; MESSAGE_BYTES];
            while stream.read_exact(&mut message).and_then(|()| stream.write_all(&message)).is_ok() {}
        });
    }
    Ok(())
}

/// The client's side of a ping-pong in tokio.
pub(crate) struct Ping(TcpStream);

impl Ping {
    pub(crate) async fn connect(address: SocketAddr) -> Outcome<Self> {
        Ok(Self(connect(address).await?))
    }

    pub(crate) async fn ping(&mut self, number: u64) -> Outcome<()> {
        self.send(number).await?;
        self.receive(number).await
    }

    pub(crate) async fn send(&mut self, number: u64) -> Outcome<()> {
        Ok(self.0.write_all(&message(number)).await?)
    }

    pub(crate) async fn receive(&mut self, number: u64) -> Outcome<()> {
        let mut answer = [0; MESSAGE_BYTES];
        self.0.read_exact(&mut answer).await?;
        assert_eq!(answer, message(number));
        Ok(())
    }
}

/// The client's side of a ping-pong in blocking std.
pub(crate) struct StdPing(std::net::TcpStream);

impl StdPing {
    pub(crate) fn connect(address: SocketAddr) -> Outcome<Self> {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    pub(crate) fn ping(&mut self, number: u64) -> Outcome<()> {
        self.0.write_all(&message(number))?;
        let mut answer = [0; MESSAGE_BYTES];
        self.0.read_exact(&mut answer)?;
        assert_eq!(answer, message(number));
        Ok(())
    }
}

/// A message that tells which one it is.
fn message(number: u64) -> [u8; MESSAGE_BYTES] {
    let mut message = [7; MESSAGE_BYTES];
    message[..8].copy_from_slice(&number.to_le_bytes());
    message
}

pub(crate) async fn connect(address: SocketAddr) -> Outcome<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

pub(crate) fn framed(stream: TcpStream) -> Framed<TcpStream, LengthDelimitedCodec> {
    Framed::new(stream, codec())
}

fn codec() -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder().max_frame_length(FRAME_MAX).new_codec()
}

/// A connection whose frames are sent without waiting for their answers.
pub(crate) struct Pipeline {
    sender: FramedWrite<OwnedWriteHalf, LengthDelimitedCodec>,
    receiver: FramedRead<OwnedReadHalf, LengthDelimitedCodec>,
}

/// When frames are written to the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flush {
    Each,
    AtEnd,
}

impl Pipeline {
    pub(crate) async fn connect(address: SocketAddr) -> Outcome<Self> {
        let (receiver, sender) = connect(address).await?.into_split();
        Ok(Self { sender: FramedWrite::new(sender, codec()), receiver: FramedRead::new(receiver, codec()) })
    }

    /// Sends so many messages and receives them again, from two tasks.
    pub(crate) async fn exchange(self, count: u64, flush: Flush) -> Outcome<()> {
        let Self { mut sender, mut receiver } = self;
        let sending = tokio::spawn(async move {
            for number in 0..count {
                let frame = Bytes::copy_from_slice(&message(number));
                match flush {
                    Flush::Each => sender.send(frame).await?,
                    Flush::AtEnd => sender.feed(frame).await?,
                }
            }
            SinkExt::<Bytes>::flush(&mut sender).await?;
            // The connection stays until all has come back.
            Ok::<_, std::io::Error>(sender)
        });
        let receiving = tokio::spawn(async move {
            for number in 0..count {
                let frame = receiver.next().await.ok_or(std::io::ErrorKind::UnexpectedEof)??;
                assert_eq!(frame[..], message(number));
            }
            Ok::<_, std::io::Error>(())
        });
        receiving.await??;
        sending.await??;
        Ok(())
    }
}
