//! The control socket between a supervisor and a child: bytes, and sockets that travel with them.

use std::{
    collections::VecDeque,
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::fd::{BorrowedFd, OwnedFd},
};

use bytes::{Bytes, BytesMut};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags,
};
use tokio::{io::Interest, net::UnixStream};

use super::message::take_message;

/// Room for one read.
const READ_BYTES: usize = 4096;
/// Sockets that come with one read at most; each message carries one, and the system ends a read behind each.
const SOCKETS_MAX: usize = 8;

/// Sends a message, with a socket if there is one.
pub(super) async fn send(socket: &UnixStream, message: &[u8], passed: Option<BorrowedFd<'_>>) -> io::Result<()> {
    let mut rest = message;
    let mut passed = passed.as_slice();
    while !rest.is_empty() {
        let sent = socket.async_io(Interest::WRITABLE, || send_some(socket, rest, passed)).await?;
        rest = &rest[sent..];
        // It went with the first byte.
        passed = &[];
    }
    Ok(())
}

fn send_some(socket: &UnixStream, bytes: &[u8], passed: &[BorrowedFd<'_>]) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !passed.is_empty() {
        let fits = ancillary.push(SendAncillaryMessage::ScmRights(passed));
        debug_assert!(fits, "there is room for one socket");
    }
    Ok(rustix::net::sendmsg(socket, &[IoSlice::new(bytes)], &mut ancillary, SendFlags::empty())?)
}

/// The receiving half of a control socket.
#[derive(Debug)]
pub(super) struct Receiver<'s> {
    socket: &'s UnixStream,
    input: BytesMut,
    /// The sockets that came and were not taken, with a gap for each that this process had no descriptor for; `None` where
    /// none may come.
    passed: Option<VecDeque<Option<OwnedFd>>>,
}

impl<'s> Receiver<'s> {
    /// Receives messages alone: sockets that come with them are closed unseen.
    pub(super) fn new(socket: &'s UnixStream) -> Self {
        Self { socket, input: BytesMut::new(), passed: None }
    }

    /// Receives messages with sockets.
    pub(super) fn of_sockets(socket: &'s UnixStream) -> Self {
        Self { socket, input: BytesMut::new(), passed: Some(VecDeque::new()) }
    }

    /// The next message; `None` when the other side has closed the socket, or has ended.
    pub(super) async fn message(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            if let Some(message) = take_message(&mut self.input) {
                return Ok(Some(message));
            }
            let mut buffer = [0; READ_BYTES];
            let length = self
                .socket
                .async_io(Interest::READABLE, || receive_some(self.socket, &mut buffer, self.passed.as_mut()))
                .await?;
            if length == 0 {
                return Ok(None);
            }
            self.input.extend_from_slice(&buffer[..length]);
        }
    }

    /// The socket that came with the earliest message that carried one; `None` if that did not fit into this process.
    pub(super) fn take_passed(&mut self) -> Option<OwnedFd> {
        self.passed.as_mut()?.pop_front().flatten()
    }
}

fn receive_some(
    socket: &UnixStream,
    buffer: &mut [u8],
    passed: Option<&mut VecDeque<Option<OwnedFd>>>,
) -> io::Result<usize> {
    // Where the system cannot mark the sockets as they come, `adopt` does it.
    #[cfg(target_os = "linux")]
    let flags = RecvFlags::CMSG_CLOEXEC;
    #[cfg(not(target_os = "linux"))]
    let flags = RecvFlags::empty();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SOCKETS_MAX))];
    // The system closes what there is no room for.
    let mut ancillary = RecvAncillaryBuffer::new(if passed.is_some() { &mut space } else { &mut [] });
    let received = rustix::net::recvmsg(socket, &mut [IoSliceMut::new(buffer)], &mut ancillary, flags)?;
    if let Some(passed) = passed {
        let before = passed.len();
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(sockets) = message {
                for socket in sockets {
                    passed.push_back(Some(adopt(socket)?));
                }
            }
        }
        // A process that has as many descriptors as it may is given none.
        if received.flags.contains(ReturnFlags::CTRUNC) && passed.len() == before {
            passed.push_back(None);
        }
    }
    Ok(received.bytes)
}

/// Keeps a socket from programs that this process starts.
fn adopt(socket: OwnedFd) -> io::Result<OwnedFd> {
    if cfg!(not(target_os = "linux")) {
        rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    }
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        os::fd::AsFd,
    };

    use super::{
        super::message::{LinkOrder, Order},
        *,
    };

    #[tokio::test]
    async fn sockets_arrive_with_their_messages_in_order() {
        let (near, far) = UnixStream::pair().expect("a pair");
        let mut receiver = Receiver::of_sockets(&far);
        let mut kept = Vec::new();
        for link in 0..20 {
            let (mine, other) = std::os::unix::net::UnixStream::pair().expect("a pair");
            let order = Order::Link(LinkOrder { link, owner: 0, is_unix: true, slaves: 1 });
            send(&near, &Order::EndOwner { owner: link }.encode(), None).await.expect("sent");
            send(&near, &order.encode(), Some(other.as_fd())).await.expect("sent");
            kept.push(mine);
        }
        drop(near);
        let mut links = 0_usize;
        while let Some(message) = receiver.message().await.expect("received") {
            let Some(Order::Link(order)) = Order::decode(message) else { continue };
            let mut passed = std::os::unix::net::UnixStream::from(receiver.take_passed().expect("a socket"));
            passed.write_all(&order.link.to_be_bytes()).expect("written");
            links += 1;
        }
        assert_eq!((links, receiver.take_passed().is_none()), (20, true));
        for (link, mut mine) in (0_u64..).zip(kept) {
            let mut bytes = [0; 8];
            mine.read_exact(&mut bytes).expect("read");
            assert_eq!(u64::from_be_bytes(bytes), link);
        }
    }
}
