//! The storm: what happens to slaves and the ways to them, drawn from a seed, and undone again.

use std::{
    collections::BTreeMap,
    fmt,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use dpfw_tests::Process;
use fastrand::Rng;
use nix::sys::signal::Signal;

use crate::{
    network::{End, Host},
    proxy::{Cut, Weather},
    slaves::send,
    world::World,
};

/// How often what happens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) kill: Duration,
    pub(crate) partition: Duration,
    pub(crate) stop: Duration,
    pub(crate) weather: Duration,
    pub(crate) rival: Duration,
}

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Kill,
    Partition,
    Stop,
    Weather,
    Rival,
}

/// How something that happened ends.
#[derive(Debug)]
enum Undo {
    /// A program that was killed comes back.
    Revive(usize),
    /// A process that was stopped goes on.
    Continue(u32),
    Mend(Host),
    Clear(usize),
    /// A master vanishes.
    Vanish(Process),
}

/// How long things last, in milliseconds. None outlasts the patience of the tasks.
const DEAD: Range<u64> = 0..300;
const STOPPED: Range<u64> = 20..3_500;
const CUT_OFF: Range<u64> = 200..4_000;
const WEATHER: Range<u64> = 200..3_000;
const HELD: Range<u64> = 50..500;
/// How exactly the times are kept.
const STEP: Duration = Duration::from_millis(5);

/// A storm that goes on until it is told to end, or dropped: then as well all is undone, so that no process stays stopped.
#[derive(Debug)]
pub(crate) struct Storm {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<Toll>>,
}

/// What happened, how often.
#[derive(Debug, Default)]
pub(crate) struct Toll {
    faults: BTreeMap<Fault, usize>,
    /// By how much a thread that slept was late: what the machine itself adds to any time.
    pub(crate) slowness: Duration,
}

impl Storm {
    /// Begins.
    pub(crate) fn begin(world: &Arc<World>, pace: Pace, seed: u64) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let mut raging =
            Raging { world: Arc::clone(world), rng: Rng::with_seed(seed), undo: Vec::new(), toll: Toll::default() };
        let thread = {
            let over = Arc::clone(&over);
            thread::spawn(move || {
                raging.rage(pace, &over);
                std::mem::take(&mut raging.toll)
            })
        };
        Self { over, thread: Some(thread) }
    }

    /// Ends it, undoes what it did, and gives what that was.
    pub(crate) fn end(mut self) -> Toll {
        let raged = self.join().expect("it is joined once");
        raged.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    fn join(&mut self) -> Option<thread::Result<Toll>> {
        self.over.store(true, Ordering::Relaxed);
        self.thread.take().map(JoinHandle::join)
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        // The test fails for a reason of its own, or this is told already.
        let _ = self.join();
    }
}

struct Raging {
    world: Arc<World>,
    rng: Rng,
    /// What is to be undone, and when.
    undo: Vec<(Instant, Undo)>,
    toll: Toll,
}

impl Raging {
    fn rage(&mut self, pace: Pace, over: &AtomicBool) {
        let Pace { kill, partition, stop, weather, rival } = pace;
        let faults = [
            (Fault::Kill, kill),
            (Fault::Partition, partition),
            (Fault::Stop, stop),
            (Fault::Weather, weather),
            (Fault::Rival, rival),
        ];
        let mut due = faults.map(|(fault, every)| (Instant::now() + every, fault, every));
        while !over.load(Ordering::Relaxed) {
            let now = Instant::now();
            for (at, fault, every) in &mut due {
                if *at <= now {
                    *at += *every;
                    if let Some(undo) = self.strike(*fault) {
                        *self.toll.faults.entry(*fault).or_default() += 1;
                        self.undo.push(undo);
                    }
                }
            }
            for (_, undo) in self.undo.extract_if(.., |(at, _)| *at <= now) {
                self.world.undo(undo);
            }
            self.world.revive_ended();
            let asleep = Instant::now();
            thread::sleep(STEP);
            self.toll.slowness = self.toll.slowness.max(asleep.elapsed().saturating_sub(STEP));
        }
    }

    /// A time from now.
    fn after(&mut self, ms: Range<u64>) -> Instant {
        Instant::now() + Duration::from_millis(self.rng.u64(ms))
    }

    /// Lets it happen, to somebody to whom it is not happening; says how it ends and when.
    fn strike(&mut self, fault: Fault) -> Option<(Instant, Undo)> {
        let world = Arc::clone(&self.world);
        let index = self.rng.usize(..world.programs.len());
        let program = &world.programs[index];
        match fault {
            Fault::Kill => {
                // A child alone, which its supervisor replaces, or the program.
                let children = if program.slaves() > 1 { program.evaluators() } else { Vec::new() };
                match self.rng.choice(children) {
                    Some(child) if self.rng.u8(..4) > 0 => {
                        send(child, Signal::SIGKILL);
                    }
                    _ => program.kill(),
                }
                Some((self.after(DEAD), Undo::Revive(index)))
            }
            Fault::Stop => {
                let mut processes = program.evaluators();
                processes.extend(program.id());
                let process = self.rng.choice(processes)?;
                send(process, Signal::SIGSTOP);
                Some((self.after(STOPPED), Undo::Continue(process)))
            }
            Fault::Partition => {
                let is_cut = |host: &Host| {
                    let cut =
                        |(_, undo): &(_, Undo)| matches!(undo, Undo::Mend(other) if other.number() == host.number());
                    self.undo.iter().any(cut)
                };
                let whole: Vec<_> = world.network.separate_hosts().filter(|host| !is_cut(host)).collect();
                let host = self.rng.choice(whole)?;
                host.cut(if self.rng.bool() { End::Host } else { End::Master });
                Some((self.after(CUT_OFF), Undo::Mend(host.clone())))
            }
            Fault::Weather => {
                let is_under =
                    |index| self.undo.iter().any(|(_, undo)| matches!(undo, Undo::Clear(other) if *other == index));
                let clear = |index: &usize| world.programs[*index].proxy.is_some() && !is_under(*index);
                let index = self.rng.choice((0..world.programs.len()).filter(clear).collect::<Vec<_>>())?;
                let weather = self.weather();
                world.programs[index].proxy.as_ref()?.set(weather);
                Some((self.after(WEATHER), Undo::Clear(index)))
            }
            Fault::Rival => {
                // A slave that cannot be reached now is held by nobody.
                let rival = world.common.rival(world.network.master(), program.address?);
                Some((self.after(HELD), Undo::Vanish(rival)))
            }
        }
    }

    fn weather(&mut self) -> Weather {
        let kinds = if self.world.is_tls { 6 } else { 5 };
        match self.rng.u8(..kinds) {
            0 => Weather::Delay(Duration::from_millis(200)),
            1 => Weather::Throttle(self.rng.u32(100_000..1_000_000)),
            2 => Weather::HalfOpen,
            3 => Weather::Cut { after: self.rng.u64(..200), how: Cut::Fin },
            4 => Weather::Cut { after: self.rng.u64(..100_000), how: Cut::Reset },
            _ => Weather::Corrupt,
        }
    }
}

impl Drop for Raging {
    fn drop(&mut self) {
        for (_, undo) in self.undo.drain(..) {
            self.world.undo(undo);
        }
    }
}

impl World {
    fn undo(&self, undo: Undo) {
        match undo {
            Undo::Revive(index) => self.programs[index].revive(),
            Undo::Continue(process) => {
                // It may have been killed in the meantime.
                send(process, Signal::SIGCONT);
            }
            Undo::Mend(host) => host.mend(),
            Undo::Clear(index) => {
                if let Some(proxy) = &self.programs[index].proxy {
                    proxy.set(Weather::Clear);
                }
            }
            Undo::Vanish(mut rival) => rival.kill(),
        }
    }
}

impl Toll {
    /// How often something happened.
    pub(crate) fn sum(&self) -> usize {
        self.faults.values().sum()
    }
}

impl fmt::Display for Toll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (fault, count) in &self.faults {
            write!(f, "{fault:?} {count}, ")?;
        }
        write!(f, "the machine {:?} late", self.slowness)
    }
}
