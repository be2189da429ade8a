//! [`Seats`]: what each child of a supervisor is to do and is linked to, whichever process it is at the time.

use std::{
    collections::{HashMap, VecDeque},
    io,
    os::fd::OwnedFd,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::BytesMut;
use rustix::net::SendFlags;
use tokio::sync::{oneshot, watch};

use super::{
    message::{LinkOrder, Order},
    started::Started,
};
use crate::{
    link::LinkError,
    wire::{Death, Message},
};

/// Orders that may wait for one child before it gets no more links; those for which it was named come all the same.
const ORDERS_MAX: usize = 256;

/// The seats of a supervisor's children, numbered from 0.
#[derive(Debug)]
pub(super) struct Seats {
    seats: Mutex<Vec<Seat>>,
    /// Told whenever a seat changes.
    changed: watch::Sender<()>,
    len: u32,
}

#[derive(Debug)]
struct Seat {
    state: State,
    orders: VecDeque<(Order, Option<OwnedFd>)>,
    links: HashMap<u64, PassedLink>,
    next_link: u64,
}

/// A link that a child has, or is about to be given.
#[derive(Debug)]
struct PassedLink {
    /// Told when it ends.
    ended: oneshot::Sender<LinkError>,
    /// Its socket, for the last word if the child dies.
    socket: OwnedFd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A child is being started, or will be soon.
    Starting,
    /// A child can be given links.
    Ready,
    /// A child ends as soon as its tasks have.
    Leaving,
    /// The last start failed; the next may succeed.
    Failing,
}

impl Seats {
    pub(super) fn new(len: u32) -> Self {
        let seat = |_| Seat { state: State::Starting, orders: VecDeque::new(), links: HashMap::new(), next_link: 0 };
        Self { seats: Mutex::new((0..len).map(seat).collect()), changed: watch::Sender::new(()), len }
    }

    pub(super) fn len(&self) -> u32 {
        self.len
    }

    fn change<R>(&self, change: impl FnOnce(&mut [Seat]) -> R) -> R {
        let result = change(&mut self.lock());
        self.changed.send_replace(());
        result
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Seat>> {
        // Each change is complete before anything in it can panic.
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `look` finds what it looks for.
    async fn find<R>(&self, mut look: impl FnMut(&mut [Seat]) -> Option<R>) -> R {
        let mut changed = self.changed.subscribe();
        loop {
            if let Some(found) = look(&mut self.lock()) {
                return found;
            }
            // The sender is in `self`: it does not go away.
            let _ = changed.changed().await;
        }
    }

    // For those who have links.

    /// Orders a link of the child with the fewest, waiting while there is none that works.
    ///
    /// # Errors
    ///
    /// If this process may not have a second descriptor of the socket.
    pub(super) async fn pass(
        &self,
        owner: u64,
        socket: OwnedFd,
        is_unix: bool,
    ) -> io::Result<oneshot::Receiver<LinkError>> {
        let slaves = self.len;
        let mut socket = Some(socket);
        let ended = self
            .find(|seats| {
                let usable = |seat: &&mut Seat| {
                    matches!(seat.state, State::Starting | State::Ready) && seat.orders.len() < ORDERS_MAX
                };
                let seat = seats.iter_mut().filter(usable).min_by_key(|seat| seat.links.len())?;
                Some(seat.link(owner, socket.take()?, is_unix, slaves))
            })
            .await;
        self.changed.send_replace(());
        ended
    }

    /// Orders a link of the child at `seat`, on a socket that was made for it alone.
    ///
    /// # Errors
    ///
    /// As [`pass`](Self::pass).
    pub(super) fn pass_to(
        &self,
        seat: u32,
        owner: u64,
        socket: OwnedFd,
        is_unix: bool,
    ) -> io::Result<oneshot::Receiver<LinkError>> {
        self.change(|seats| {
            let seat = &mut seats[index(seat)];
            if seat.state == State::Leaving {
                // The next one can be dialled for.
                let (tell_ended, ended) = oneshot::channel();
                let _ = tell_ended.send(LinkError::Closed);
                return Ok(ended);
            }
            seat.link(owner, socket, is_unix, 1)
        })
    }

    /// Waits until the child at `seat` can be given links.
    pub(super) async fn ready(&self, seat: u32) {
        self.find(|seats| (seats[index(seat)].state == State::Ready).then_some(())).await;
    }

    /// Ends the links of `owner`.
    pub(super) fn end_owner(&self, owner: u64) {
        self.change(|seats| {
            for seat in seats {
                seat.orders.push_back((Order::EndOwner { owner }, None));
            }
        });
    }

    /// Lets all children leave.
    pub(super) fn leave(&self, grace: Duration) {
        self.change(|seats| {
            for seat in seats {
                seat.orders.push_back((Order::Leave { grace }, None));
            }
        });
    }

    // For the keeper of a seat.

    /// The next thing that the child at `seat` is to be told.
    pub(super) async fn next_order(&self, seat: u32) -> (Order, Option<OwnedFd>) {
        self.find(|seats| seats[index(seat)].orders.pop_front()).await
    }

    /// The child at `seat` can be given links.
    pub(super) fn set_ready(&self, seat: u32) {
        self.change(|seats| seats[index(seat)].state = State::Ready);
    }

    /// The child at `seat` takes no more tasks.
    pub(super) fn set_leaving(&self, seat: u32) {
        self.change(|seats| seats[index(seat)].state = State::Leaving);
    }

    /// Asks the child at `seat` for a sign of life.
    pub(super) fn ping(&self, seat: u32) {
        self.change(|seats| seats[index(seat)].orders.push_back((Order::Ping, None)));
    }

    /// A link of the child at `seat` has ended.
    pub(super) fn ended(&self, seat: u32, link: u64, why: LinkError) {
        let ended = self.change(|seats| seats[index(seat)].links.remove(&link));
        if let Some(ended) = ended {
            // Whoever made the link need not care for its end.
            let _ = ended.ended.send(why);
        }
    }

    /// The child at `seat` has died, and its links with it, whose masters are told how if that is known, and what it had
    /// started; gives whether it had been ready.
    pub(super) fn died(&self, seat: u32, death: Option<&Death>, started: Option<&Started>) -> bool {
        let (was_ready, orders, links) = self.change(|seats| {
            let seat = &mut seats[index(seat)];
            let was_ready = matches!(seat.state, State::Ready | State::Leaving);
            seat.state = if was_ready { State::Starting } else { State::Failing };
            (was_ready, std::mem::take(&mut seat.orders), std::mem::take(&mut seat.links))
        });
        // What was not passed yet is closed as well: its masters dial again.
        drop(orders);
        for (link, PassedLink { ended, socket }) in links {
            if let Some(death) = death {
                let mut word = BytesMut::new();
                let last_started = started.and_then(|started| started.last(link).ok().flatten());
                Message::Died(Death { last_started, ..death.clone() }).put(&mut word);
                // A master that is gone, or has not read what came before, does not hear it.
                let _ = rustix::net::send(&socket, &word, SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
            }
            // As above.
            let _ = ended.send(LinkError::Closed);
        }
        was_ready
    }
}

impl Seat {
    fn link(
        &mut self,
        owner: u64,
        socket: OwnedFd,
        is_unix: bool,
        slaves: u32,
    ) -> io::Result<oneshot::Receiver<LinkError>> {
        let link = self.next_link;
        self.next_link += 1;
        let (tell_ended, ended) = oneshot::channel();
        self.links.insert(link, PassedLink { ended: tell_ended, socket: socket.try_clone()? });
        self.orders.push_back((Order::Link(LinkOrder { link, owner, is_unix, slaves }), Some(socket)));
        Ok(ended)
    }
}

fn index(seat: u32) -> usize {
    usize::try_from(seat).expect("seats fit into memory")
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    fn socket() -> OwnedFd {
        UnixStream::pair().expect("a pair").0.into()
    }

    /// The seats that have an order to link, with how many.
    fn ordered(seats: &Seats) -> Vec<usize> {
        seats.lock().iter().map(|seat| seat.orders.len()).collect()
    }

    #[tokio::test]
    async fn masters_come_to_the_child_with_the_fewest_links_even_while_it_starts() {
        let seats = Seats::new(3);
        seats.set_ready(1);
        for _ in 0..3 {
            seats.pass(0, socket(), true).await.expect("ordered");
        }
        assert_eq!(ordered(&seats), [1, 1, 1]);
        seats.ended(2, 0, LinkError::Closed);
        seats.pass(0, socket(), true).await.expect("ordered");
        assert_eq!(ordered(&seats), [1, 1, 2]);
        seats.set_leaving(2);
        seats.ended(2, 1, LinkError::Closed);
        seats.pass(0, socket(), true).await.expect("ordered");
        assert_eq!(ordered(&seats), [2, 1, 2], "one that leaves is given none");
    }

    #[tokio::test]
    async fn a_death_ends_the_links_and_only_a_failed_start_turns_masters_away() {
        let seats = Seats::new(2);
        seats.set_ready(0);
        let ended = seats.pass(0, socket(), true).await.expect("ordered");
        assert!(seats.died(0, None, None), "it was ready");
        assert_eq!(ended.await, Ok(LinkError::Closed));
        seats.pass(0, socket(), true).await.expect("ordered");
        assert_eq!(ordered(&seats), [1, 0], "the next child of the seat gets it");
        assert!(!seats.died(0, None, None), "its start failed");
        seats.pass(0, socket(), true).await.expect("ordered");
        seats.pass(0, socket(), true).await.expect("ordered");
        assert_eq!(ordered(&seats), [0, 2]);
    }

    #[tokio::test]
    async fn while_no_start_succeeds_masters_wait() {
        let seats = Seats::new(1);
        seats.died(0, None, None);
        let mut pass = Box::pin(seats.pass(0, socket(), true));
        assert!(futures::poll!(&mut pass).is_pending());
        seats.set_ready(0);
        assert!(futures::poll!(&mut pass).is_ready());
    }
}
