//! What happens in a simulation: all of it follows from the seed.

use std::time::Duration;

use fastrand::Rng;

use super::pipe::Ending;
use crate::LinkConfig;

/// The procedures that some slaves have beyond the language.
pub(super) const NATIVES: [&str; 2] = ["alpha", "beta"];

/// One simulation.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) link: LinkConfig,
    pub(super) queued_max: Option<usize>,
    pub(super) slaves: Vec<SlavePlan>,
    pub(super) tasks: Vec<TaskPlan>,
    pub(super) guards: Vec<GuardPlan>,
    pub(super) maps: Vec<MapPlan>,
    /// From when on no new trouble comes and what hangs dies.
    pub(super) calm_us: u64,
    pub(super) shutdown_us: Option<u64>,
}

/// A slave that comes once.
#[derive(Debug, Clone)]
pub(super) struct SlavePlan {
    pub(super) at_us: u64,
    /// Whether it has each of [`NATIVES`].
    pub(super) natives: [bool; 2],
    pub(super) tasks_max: u32,
    pub(super) window: u32,
    pub(super) latency_us: u64,
    pub(super) grain_us: u64,
    /// Bytes that a direction of its connection holds.
    pub(super) room: usize,
    pub(super) troubles: Vec<(u64, Trouble)>,
    /// It lies at one of so many occasions.
    pub(super) lies_in: Option<u8>,
}

/// What befalls a slave or its connection.
#[derive(Debug, Clone, Copy)]
pub(super) enum Trouble {
    /// What the master says is cut after so many more bytes.
    CutToSlave(usize, Ending),
    /// What the slave says is cut after so many more bytes.
    CutToMaster(usize, Ending),
    /// Both directions hold everything up for a while.
    Stall(u64),
    /// The slave's process is stopped for a while.
    Freeze(u64),
    /// Its process dies, and so do its ends of the connection.
    Die(Ending),
    /// It says goodbye and ends what it runs.
    Leave,
}

/// A task.
#[derive(Debug, Clone)]
pub(super) struct TaskPlan {
    pub(super) at_us: u64,
    /// Which of the programs it is; the last three need natives.
    pub(super) program: u8,
    pub(super) payload: usize,
    pub(super) deed: Deed,
    /// How long a step of it takes.
    pub(super) took_us: u64,
    pub(super) timeout: Option<Duration>,
    pub(super) retries: u32,
    pub(super) fate: Fate,
    pub(super) part_of: Part,
}

/// Who makes a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Alone,
    Map(usize),
    Guard(usize),
}

/// What becomes of its promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Await,
    AbortAfter(u64),
    DropAfter(u64),
    Detach,
}

/// What a task does on its slave, and its local procedure with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// It has a value of so many bytes.
    Value(usize),
    Raise,
    PassLimit,
    NotAdmitted,
    Break,
    /// It kills its slave.
    Kill,
    /// It waits for ever, unless it is cancelled.
    Hang,
    /// So does this one, and takes long to hear that it is cancelled.
    Deaf,
    /// It prints and writes before it has a value, though nobody reads.
    Chatter(Talk),
    /// The local procedure writes data, and reads each of them back.
    Echo(Talk),
    /// The local procedure reads some of many data.
    Source(Talk),
    /// The local procedure writes many data.
    Sink(Talk),
    /// The local procedure fails.
    LocalError,
}

/// So many data, each of so many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Talk {
    pub(super) count: usize,
    pub(super) bytes: usize,
}

/// A guard and for how long it is held.
#[derive(Debug)]
pub(super) struct GuardPlan {
    pub(super) at_us: u64,
    /// It is asked for only if a slave is idle.
    pub(super) only_if_idle: bool,
    /// Who waits gives up then.
    pub(super) patience: Option<Duration>,
    pub(super) tasks: Vec<usize>,
    pub(super) hold: Duration,
    /// It is held until its tasks have ended.
    pub(super) awaits: bool,
}

/// A map over some tasks.
#[derive(Debug)]
pub(super) struct MapPlan {
    pub(super) at_us: u64,
    pub(super) tasks: Vec<usize>,
    pub(super) ordered: bool,
    pub(super) running: usize,
    /// Time that the reader takes for each result.
    pub(super) pause: Duration,
    /// After so many results the reader leaves.
    pub(super) leaves_after: Option<usize>,
}

impl Deed {
    /// Whether it needs a local procedure.
    pub(super) fn is_dialogue(self) -> bool {
        matches!(self, Self::Echo(_) | Self::Source(_) | Self::Sink(_) | Self::LocalError)
    }

    /// Whether it has a value in the end.
    pub(super) fn has_value(self) -> bool {
        !matches!(self, Self::Raise | Self::PassLimit | Self::NotAdmitted | Self::Break | Self::Kill | Self::LocalError)
    }

    /// Whether it ends only if somebody ends it.
    pub(super) fn never_ends(self) -> bool {
        matches!(self, Self::Hang | Self::Deaf)
    }
}

/// Whether one of `of` cases is met.
fn one_in(random: &mut Rng, of: u32) -> bool {
    random.u32(0..of) == 0
}

fn pick<T: Copy>(random: &mut Rng, among: &[T]) -> T {
    among[random.usize(..among.len())]
}

impl Plan {
    /// The plan of a seed.
    pub(super) fn new(random: &mut Rng) -> Self {
        let quiet = one_in(random, 6);
        let hasty = random.bool();
        let link = LinkConfig {
            window: pick(random, &[64, 1000, 20_000, 1 << 20]),
            ..match random.bool() {
                true => LinkConfig::default(),
                false => LinkConfig {
                    heartbeat: Duration::from_millis(20),
                    silence_max: Duration::from_millis(70),
                    handshake_max: Duration::from_millis(50),
                    ..LinkConfig::default()
                },
            }
        };
        let calm_us = random.u64(20_000..150_000);
        let mut plan = Self {
            slaves: (0..random.usize(1..=5)).map(|_| SlavePlan::new(random, quiet, calm_us)).collect(),
            queued_max: one_in(random, 8).then(|| random.usize(1..20)),
            tasks: Vec::new(),
            guards: Vec::new(),
            maps: Vec::new(),
            shutdown_us: one_in(random, 8).then(|| random.u64(..calm_us)),
            calm_us,
            link,
        };
        // Somebody is there at the end, or nobody.
        if !one_in(random, 3) {
            let mut last = SlavePlan::new(random, true, calm_us);
            last.at_us = calm_us + random.u64(..10_000);
            last.natives = [!one_in(random, 4), !one_in(random, 4)];
            plan.slaves.push(last);
        }
        let has_killer = !quiet && one_in(random, 3);
        let at_once_us = random.u64(..calm_us / 2);
        for _ in 0..random.usize(8..40) {
            let at_us = if hasty { at_once_us + random.u64(..50) } else { random.u64(..calm_us) };
            let task = TaskPlan::new(random, at_us, quiet, has_killer, plan.link.window);
            plan.tasks.push(task);
        }
        for _ in 0..random.usize(..3) {
            plan.add_map(random, has_killer);
        }
        for _ in 0..random.usize(..6) {
            plan.add_guard(random, quiet);
        }
        plan
    }

    /// The last moment for which something is planned.
    pub(super) fn last_us(&self) -> u64 {
        let slaves = self.slaves.iter().map(|it| it.at_us);
        slaves.max().unwrap_or(0).max(self.calm_us)
    }

    fn add_map(&mut self, random: &mut Rng, has_killer: bool) {
        let index = self.maps.len();
        let style = TaskPlan::new(random, 0, true, false, self.link.window);
        let tasks = (0..random.usize(1..30)).map(|_| {
            let mut task = TaskPlan { fate: Fate::Await, part_of: Part::Map(index), ..style.clone() };
            task.deed = Deed::Value(random.usize(..40));
            if has_killer && one_in(random, 20) {
                task.deed = Deed::Kill;
            }
            if one_in(random, 10) {
                task.took_us *= 10;
            }
            self.tasks.push(task);
            self.tasks.len() - 1
        });
        let tasks = tasks.collect();
        self.maps.push(MapPlan {
            at_us: random.u64(..self.calm_us),
            tasks,
            ordered: random.bool(),
            running: random.usize(1..20),
            pause: Duration::from_micros(if random.bool() { 0 } else { random.u64(..2000) }),
            leaves_after: one_in(random, 4).then(|| random.usize(..10)),
        });
    }

    fn add_guard(&mut self, random: &mut Rng, quiet: bool) {
        let index = self.guards.len();
        let tasks = (0..random.usize(..6)).map(|_| {
            let mut task = TaskPlan::new(random, 0, quiet, false, self.link.window);
            task.part_of = Part::Guard(index);
            self.tasks.push(task);
            self.tasks.len() - 1
        });
        let tasks = tasks.collect();
        self.guards.push(GuardPlan {
            at_us: random.u64(..self.calm_us),
            only_if_idle: one_in(random, 4),
            patience: one_in(random, 3).then(|| Duration::from_micros(random.u64(..20_000))),
            tasks,
            hold: Duration::from_micros(random.u64(..20_000)),
            awaits: random.bool(),
        });
    }
}

impl SlavePlan {
    fn new(random: &mut Rng, quiet: bool, calm_us: u64) -> Self {
        let mut troubles = Vec::new();
        if !quiet {
            for _ in 0..random.usize(..3) {
                troubles.push((random.u64(..calm_us), Trouble::new(random)));
            }
        }
        // A connection that is slow and holds little would carry no heartbeat in time.
        let (latency_us, room) = pick(random, &[(1, 150), (20, 4096), (20, 1 << 18), (100, 1 << 16), (1500, 1 << 18)]);
        Self {
            at_us: if random.bool() { 0 } else { random.u64(..calm_us) },
            natives: [random.bool(), random.bool()],
            tasks_max: pick(random, &[1, 2, 8, 1024, 1024]),
            window: pick(random, &[64, 1000, 20_000, 1 << 20]),
            latency_us,
            grain_us: if room < 4096 { 1 } else { pick(random, &[1, 1, 150, 700]) },
            room,
            troubles,
            lies_in: (!quiet && one_in(random, 7)).then(|| random.u8(5..60)),
        }
    }
}

impl Trouble {
    fn new(random: &mut Rng) -> Self {
        let how = pick(random, &[Ending::Closed, Ending::Reset, Ending::Silence]);
        let after = if random.bool() { random.usize(..200) } else { random.usize(..20_000) };
        match random.u8(..9) {
            0 | 1 => Self::CutToSlave(after, how),
            2 | 3 => Self::CutToMaster(after, how),
            4 => Self::Stall(random.u64(..30_000)),
            5 => Self::Freeze(random.u64(..200_000)),
            6 => Self::Die(how),
            _ => Self::Leave,
        }
    }
}

impl TaskPlan {
    fn new(random: &mut Rng, at_us: u64, quiet: bool, has_killer: bool, window: u32) -> Self {
        let window = window as usize;
        let talk = Talk { count: random.usize(..8), bytes: random.usize(..(window / 2).min(3000)) };
        let deed = match random.u8(..100) {
            0..60 => Deed::Value(if one_in(random, 8) {
                random.usize(..30_000.min(window * 30))
            } else {
                random.usize(..40)
            }),
            60..64 => Deed::Raise,
            64..66 => Deed::PassLimit,
            66..68 => Deed::NotAdmitted,
            68..70 => Deed::Break,
            70..73 if has_killer => Deed::Kill,
            73..76 if !quiet => Deed::Hang,
            76..78 if !quiet => Deed::Deaf,
            78..82 => Deed::Chatter(talk),
            82..87 => Deed::Echo(talk),
            87..92 => Deed::Source(Talk { count: talk.count * 10, ..talk }),
            92..97 => Deed::Sink(Talk { count: talk.count * 10, ..talk }),
            97..100 => Deed::LocalError,
            _ => Deed::Value(0),
        };
        let took_us = match random.u8(..10) {
            0..5 => random.u64(..60),
            5..8 => random.u64(..1000),
            _ => random.u64(..15_000),
        };
        let later = random.u64(..20_000);
        let fate = match random.u8(..20) {
            0 => Fate::AbortAfter(later),
            1 => Fate::DropAfter(later),
            2 => Fate::Detach,
            3 => Fate::AbortAfter(0),
            _ => Fate::Await,
        };
        Self {
            at_us,
            program: if one_in(random, 5) { random.u8(3..6) } else { random.u8(..3) },
            payload: if one_in(random, 30) { random.usize(..20_000) } else { random.usize(..50) },
            deed,
            took_us,
            timeout: one_in(random, 5).then(|| Duration::from_micros(random.u64(..40_000))),
            retries: if one_in(random, 3) { random.u32(1..6) } else { 0 },
            fate,
            part_of: Part::Alone,
        }
    }

    /// Which of [`NATIVES`] it needs.
    pub(super) fn needs(&self) -> [bool; 2] {
        [matches!(self.program, 3 | 5), matches!(self.program, 4 | 5)]
    }
}
