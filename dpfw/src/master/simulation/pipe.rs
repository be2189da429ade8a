//! One direction of a connection: bytes on their way, in pieces, late, and cut anywhere.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use bytes::{Bytes, BytesMut};
use fastrand::Rng;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::world::World;

/// How a direction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The reader finds the end after what was sent.
    Closed,
    /// Both ends find an error.
    Reset,
    /// Nobody finds anything: bytes vanish.
    Silence,
}

/// Bytes on their way from one end to the other.
#[derive(Debug)]
pub(super) struct Pipe {
    flying: VecDeque<Flying>,
    /// What the reader has not taken.
    pub(super) arrived: BytesMut,
    /// How the reader finds the end, after what has arrived.
    pub(super) end: Option<Ending>,
    /// Bytes that may be on their way or unread at once, and how many are.
    room: usize,
    held: usize,
    /// The shortest time on the way.
    latency_us: u64,
    /// Things arrive at multiples of this: what arrives at one time is met together.
    grain_us: u64,
    /// Nothing arrives before.
    not_before_us: u64,
    cut: Option<Cut>,
    /// Whoever writes finds an error.
    is_broken: bool,
    /// Bytes vanish.
    is_silent: bool,
    pub(super) reader: Option<Waker>,
    pub(super) writer: Option<Waker>,
}

#[derive(Debug)]
enum Flying {
    Bytes(Bytes),
    End(Ending),
}

/// A direction that will end after so many more bytes.
#[derive(Debug)]
struct Cut {
    left: usize,
    how: Ending,
}

impl Pipe {
    pub(super) fn new(latency_us: u64, grain_us: u64, room: usize) -> Self {
        Self {
            flying: VecDeque::new(),
            arrived: BytesMut::new(),
            end: None,
            room,
            held: 0,
            latency_us,
            grain_us,
            not_before_us: 0,
            cut: None,
            is_broken: false,
            is_silent: false,
            reader: None,
            writer: None,
        }
    }

    /// Takes as much of `bytes` as there is room for, and tells `arrive` when something comes to the other end. An error
    /// is that of a broken connection.
    pub(super) fn send(
        &mut self,
        bytes: &[u8],
        now_us: u64,
        random: &mut Rng,
        mut arrive: impl FnMut(u64),
    ) -> Result<usize, ()> {
        if self.is_broken {
            return Err(());
        }
        // A pipe that is full takes nothing until half of it is empty, as sockets do; else it takes what it likes.
        let room = if self.held > self.room / 2 { 0 } else { (self.room - self.held).min(bytes.len()) };
        let taken = if room > 1 && random.u8(..) < 64 { random.usize(1..=room) } else { room };
        self.held += taken;
        if self.is_silent {
            return Ok(taken);
        }
        let passing = self.cut.as_ref().map_or(taken, |cut| cut.left.min(taken));
        let mut rest = Bytes::copy_from_slice(&bytes[..passing]);
        while !rest.is_empty() {
            let length = match random.u8(..) {
                0..160 => rest.len(),
                160..220 => random.usize(1..=rest.len()),
                _ => random.usize(1..=rest.len().min(16)),
            };
            arrive(self.arrival(now_us, random));
            self.flying.push_back(Flying::Bytes(rest.split_to(length)));
        }
        if let Some(cut) = &mut self.cut {
            cut.left -= passing;
            if cut.left == 0 {
                let how = cut.how;
                self.finish(how, now_us, random, arrive);
            }
        }
        Ok(taken)
    }

    /// When something sent now arrives: never before what was sent earlier.
    fn arrival(&mut self, now_us: u64, random: &mut Rng) -> u64 {
        let jitter = if random.u8(..) < 32 { random.u64(0..=3 * self.latency_us) } else { random.u64(0..=20) };
        let at_us = (now_us + self.latency_us + jitter).next_multiple_of(self.grain_us);
        self.not_before_us = self.not_before_us.max(at_us);
        self.not_before_us
    }

    /// Ends the direction after what is on its way, or with what is on its way if it is to be silent.
    pub(super) fn finish(&mut self, how: Ending, now_us: u64, random: &mut Rng, mut arrive: impl FnMut(u64)) {
        self.cut = None;
        if self.is_broken || self.is_silent {
            return;
        }
        if how == Ending::Silence {
            self.is_silent = true;
            return;
        }
        self.is_broken = true;
        arrive(self.arrival(now_us, random));
        self.flying.push_back(Flying::End(how));
        self.writer.take().into_iter().for_each(Waker::wake);
    }

    /// Ends the direction once so many more bytes were sent.
    pub(super) fn cut_after(&mut self, left: usize, how: Ending) {
        if !self.is_broken && !self.is_silent {
            self.cut = Some(Cut { left, how });
        }
    }

    /// Holds everything up until then.
    pub(super) fn stall(&mut self, until_us: u64) {
        self.not_before_us = self.not_before_us.max(until_us);
    }

    /// What was sent first arrives. Says how many bytes came.
    pub(super) fn arrive(&mut self) -> usize {
        let length = match self.flying.pop_front() {
            Some(Flying::Bytes(bytes)) => {
                self.arrived.extend_from_slice(&bytes);
                bytes.len()
            }
            Some(Flying::End(how)) => {
                self.end = Some(how);
                0
            }
            None => 0,
        };
        self.reader.take().into_iter().for_each(Waker::wake);
        length
    }

    /// The reader takes so much.
    pub(super) fn take(&mut self, length: usize) -> BytesMut {
        self.held = self.held.saturating_sub(length);
        self.writer.take_if(|_| self.held <= self.room / 2).into_iter().for_each(Waker::wake);
        self.arrived.split_to(length)
    }
}

/// The master's end of a connection.
pub(super) struct MasterEnd {
    pub(super) world: Arc<Mutex<World>>,
    /// The number of the slave at the other end.
    pub(super) slave: usize,
}

impl AsyncRead for MasterEnd {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut world = self.world.lock().unwrap();
        let whole = world.site(self.slave).to_master.arrived.len().min(buffer.remaining());
        if whole > 0 {
            let length = if world.scene.random.u8(..) < 48 { world.scene.random.usize(1..=whole) } else { whole };
            buffer.put_slice(&world.site(self.slave).to_master.take(length));
            world.act(self.slave, |site, scene| site.flush(scene));
            return Poll::Ready(Ok(()));
        }
        let pipe = &mut world.site(self.slave).to_master;
        match pipe.end {
            Some(Ending::Closed) => Poll::Ready(Ok(())),
            Some(_) => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            None => {
                pipe.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl AsyncWrite for MasterEnd {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut world = self.world.lock().unwrap();
        match world.act(self.slave, |site, scene| site.master_writes(scene, bytes)) {
            Err(()) => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            Ok(0) if !bytes.is_empty() => {
                world.site(self.slave).to_slave.writer = Some(cx.waker().clone());
                Poll::Pending
            }
            Ok(taken) => Poll::Ready(Ok(taken)),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.world.lock().unwrap().act(self.slave, |site, scene| site.master_leaves(scene));
        Poll::Ready(Ok(()))
    }
}

impl Drop for MasterEnd {
    fn drop(&mut self) {
        // A failed simulation may leave the world locked in a panic.
        if let Ok(mut world) = self.world.lock() {
            world.act(self.slave, |site, scene| site.master_is_gone(scene));
        }
    }
}
