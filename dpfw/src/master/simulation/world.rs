//! Everything in a simulation but the master: slaves, connections, and what is about to happen to them.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BinaryHeap},
    fmt,
    sync::{Arc, Mutex},
    task::{Poll, Waker},
    time::{Duration, Instant},
};

use fastrand::Rng;

use super::{
    clock,
    ledger::Ledger,
    plan::{Plan, SlavePlan},
    slave::Site,
    trace::Trace,
};
use crate::{LinkConfig, wire::Role};

/// What a simulation consists of.
#[derive(Debug)]
pub(super) struct World {
    pub(super) scene: Scene,
    /// The slaves that have come.
    sites: BTreeMap<usize, Site>,
}

/// What slaves see of the world.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) epoch: tokio::time::Instant,
    pub(super) now_us: u64,
    pub(super) agenda: Agenda,
    pub(super) random: Rng,
    pub(super) trace: Trace,
    pub(super) ledger: Ledger,
    pub(super) link: LinkConfig,
    /// What hangs ends.
    pub(super) is_calm: bool,
}

/// What is about to happen.
#[derive(Debug)]
pub(super) struct Agenda {
    events: BinaryHeap<Planned>,
    /// Shuffles what happens at the same time.
    random: Rng,
    length: u64,
    /// Whoever waits for the first of them.
    waker: Option<Waker>,
}

#[derive(Debug, PartialEq, Eq)]
struct Planned {
    /// When, in which order among those of one time, and which it is.
    key: (u64, u8, u64),
    event: Event,
}

impl Ord for Planned {
    /// The greatest is the one that happens first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.key.cmp(&self.key)
    }
}

impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// Something comes to an end of the connection with a slave.
    Arrive { slave: usize, at: Role },
    /// A slave minds the heartbeat.
    Tick { slave: usize },
    /// The task that a slave runs takes a step.
    Step { slave: usize, step: u64 },
    /// The deadline of a task, by its slave's clock.
    Late { slave: usize, task: crate::wire::TaskId },
    /// Something befalls a slave: one of those that are planned for it.
    Trouble { slave: usize, index: usize },
    /// No more trouble from now on.
    Calm,
    /// Something that only the master's users can do.
    User(Errand),
}

/// What the master's users do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Errand {
    Connect { slave: usize },
    Make { task: usize },
    Map { index: usize },
    Guard { index: usize },
    Shutdown,
}

impl Agenda {
    pub(super) fn add(&mut self, at_us: u64, event: Event) {
        self.length += 1;
        // What comes over one connection keeps its order by itself: its events are all alike.
        let key = (at_us, self.random.u8(..), self.length);
        self.events.push(Planned { key, event });
        self.waker.take().into_iter().for_each(Waker::wake);
    }

    fn next_us(&self) -> Option<u64> {
        self.events.peek().map(|planned| planned.key.0)
    }
}

impl Scene {
    pub(super) fn now(&self) -> Instant {
        (self.epoch + Duration::from_micros(self.now_us)).into_std()
    }

    pub(super) fn note(&mut self, what: fmt::Arguments<'_>) {
        self.trace.note(self.now_us, what);
    }

    /// Plans something for a time that a link has named.
    pub(super) fn plan_at(&mut self, at: Instant, event: Event) {
        let until = at.saturating_duration_since(self.epoch.into_std());
        let whole_us = u64::try_from(until.as_nanos().div_ceil(1000)).unwrap();
        self.agenda.add(whole_us, event);
    }
}

impl World {
    /// A world in which nothing has happened yet.
    pub(super) fn new(plan: &Plan, mut random: Rng, is_traced: bool) -> Self {
        let agenda = Agenda { events: BinaryHeap::new(), random: random.fork(), length: 0, waker: None };
        let scene = Scene {
            epoch: tokio::time::Instant::now(),
            now_us: 0,
            agenda,
            random,
            trace: Trace::new(is_traced),
            ledger: Ledger::new(plan),
            link: plan.link.clone(),
            is_calm: false,
        };
        Self { scene, sites: BTreeMap::new() }
    }

    /// Lets a slave come.
    pub(super) fn add_slave(&mut self, slave: usize, plan: &SlavePlan) {
        let site = Site::new(slave, plan, &mut self.scene);
        self.sites.insert(slave, site);
        for (index, (at_us, _)) in plan.troubles.iter().enumerate() {
            self.scene.agenda.add((*at_us).max(self.scene.now_us), Event::Trouble { slave, index });
        }
    }

    /// A slave that has come, and its connection.
    pub(super) fn site(&mut self, slave: usize) -> &mut Site {
        self.sites.get_mut(&slave).unwrap()
    }

    /// All slaves that have come.
    pub(super) fn sites(&self) -> impl Iterator<Item = &Site> {
        self.sites.values()
    }

    /// Lets a slave do something.
    pub(super) fn act<R>(&mut self, slave: usize, act: impl FnOnce(&mut Site, &mut Scene) -> R) -> R {
        self.scene.now_us = clock::since(self.scene.epoch);
        act(self.sites.get_mut(&slave).unwrap(), &mut self.scene)
    }

    /// Lets the next event happen, if its time has come; gives what only users can do.
    pub(super) fn happen(&mut self, plan: &Plan) -> Option<Option<Errand>> {
        self.scene.now_us = clock::since(self.scene.epoch);
        if self.scene.agenda.next_us()? > self.scene.now_us {
            return None;
        }
        let Planned { event, .. } = self.scene.agenda.events.pop()?;
        if let Some(slave) = event.frozen_with() {
            let thaws_us = self.site(slave).frozen_until_us;
            if thaws_us > self.scene.now_us {
                self.scene.agenda.add(thaws_us, event);
                return Some(None);
            }
        }
        let scene = &mut self.scene;
        match event {
            Event::Arrive { slave, at: Role::Master } => {
                let length = self.sites.get_mut(&slave).unwrap().to_master.arrive();
                scene.note(format_args!("{length} bytes come from {slave}"));
            }
            Event::Arrive { slave, at: Role::Slave } => {
                let length = self.sites.get_mut(&slave).unwrap().to_slave.arrive();
                scene.note(format_args!("{length} bytes come to {slave}"));
                self.sites.get_mut(&slave).unwrap().read(scene);
            }
            Event::Tick { slave } => self.sites.get_mut(&slave).unwrap().tick(scene),
            Event::Step { slave, step } => self.sites.get_mut(&slave).unwrap().step(scene, step),
            Event::Late { slave, task } => self.sites.get_mut(&slave).unwrap().late(scene, task),
            Event::Trouble { slave, index } => {
                let trouble = plan.slaves[slave].troubles[index].1;
                self.sites.get_mut(&slave).unwrap().suffer(scene, trouble);
            }
            Event::Calm => {
                scene.is_calm = true;
                self.sites.values_mut().for_each(|site| site.calm(scene));
            }
            Event::User(errand) => return Some(Some(errand)),
        }
        Some(None)
    }

    /// Whether the next event is another of the kind of `last`, at the same time: it is met together with that.
    pub(super) fn goes_on(&self, last: Option<Event>) -> bool {
        let next = self.scene.agenda.events.peek();
        next.is_some_and(|next| {
            next.key.0 <= self.scene.now_us && Some(next.event) == last && last.is_some_and(Event::is_arrival)
        })
    }

    /// The next event.
    pub(super) fn next_event(&self) -> Option<Event> {
        self.scene.agenda.events.peek().map(|next| next.event)
    }

    /// When the next event happens.
    pub(super) fn next_us(&self) -> Option<u64> {
        self.scene.agenda.next_us()
    }
}

impl Event {
    fn is_arrival(self) -> bool {
        matches!(self, Self::Arrive { .. })
    }

    /// The slave whose process does it.
    fn frozen_with(self) -> Option<usize> {
        match self {
            Self::Arrive { slave, at: Role::Slave }
            | Self::Tick { slave }
            | Self::Step { slave, .. }
            | Self::Late { slave, .. } => Some(slave),
            _ => None,
        }
    }
}

/// Waits until something more is planned.
pub(super) async fn planned(world: &Arc<Mutex<World>>) {
    let mut is_first = true;
    std::future::poll_fn(|cx| {
        if !std::mem::take(&mut is_first) {
            return Poll::Ready(());
        }
        world.lock().unwrap().scene.agenda.waker = Some(cx.waker().clone());
        Poll::Pending
    })
    .await;
}
