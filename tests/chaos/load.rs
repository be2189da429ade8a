//! The load: tasks of all kinds, drawn from a seed, each with the one way in which it may end.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use dpfw::{InputPort, OutputPort, Promise, Task, Value, remote};
use fastrand::Rng;
use futures::{StreamExt, future::join_all};
use tokio::task::JoinSet;

use crate::{
    ledger::{Expected, Number},
    world::World,
};

/// When there is enough.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goal {
    pub(crate) tasks: usize,
    pub(crate) time: Duration,
    /// How many times longer tasks compute than some microseconds to milliseconds.
    pub(crate) length: u64,
}

/// Jobs of one or several tasks at one time.
const JOBS_MAX: usize = 24;
/// The time of tasks that are to have a value: more than all slaves together can be away, also where the machine is slow.
const PATIENT: Duration = Duration::from_secs(60);
/// What is not settled after so much more is never settled.
const NEVER: Duration = Duration::from_secs(10);

/// Makes tasks until there is enough, and waits until all are settled.
pub(crate) async fn run(world: &Arc<World>, goal: Goal, seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let start = Instant::now();
    let mut jobs = JoinSet::new();
    while world.ledger.len() < goal.tasks && start.elapsed() < goal.time {
        if jobs.len() == JOBS_MAX {
            jobs.join_next().await.expect("there are jobs").expect("a job does not panic");
        }
        jobs.spawn(job(Arc::clone(world), Dice { rng: rng.fork(), length: goal.length }));
    }
    while let Some(ended) = jobs.join_next().await {
        ended.expect("a job does not panic");
    }
}

/// What a job draws from.
struct Dice {
    rng: Rng,
    length: u64,
}

impl Dice {
    /// Most tasks are short, some are not.
    fn turns(&mut self) -> u64 {
        let turns = match self.rng.u8(..10) {
            0..7 => self.rng.u64(..200),
            7..9 => self.rng.u64(..5_000),
            _ => self.rng.u64(..50_000),
        };
        turns * self.length
    }

    fn retries(&mut self) -> u32 {
        self.rng.choice([0, 0, 1, 2, 9]).unwrap_or(0)
    }
}

async fn job(world: Arc<World>, mut dice: Dice) {
    match dice.rng.u8(..100) {
        0..30 => one(&world, &mut dice).await,
        30..45 => many(&world, &mut dice).await,
        45..60 => dialogue(&world, &mut dice).await,
        60..65 => bulk(&world, &mut dice).await,
        65..72 => raise(&world, &mut dice).await,
        72..77 => fail_here(&world, &mut dice).await,
        77..84 => cancel(&world, &mut dice).await,
        84..88 => hang(&world, &mut dice).await,
        88..95 => reserve(&world, &mut dice).await,
        95..98 => broadcast(&world, &mut dice).await,
        98 => native(&world, &mut dice).await,
        _ => kill(&world, &mut dice).await,
    }
}

/// What a task makes of a number, once.
fn step(n: u64) -> u64 {
    (n * 31 + 7) % 1_000_003
}

/// A task that computes, and its value.
fn computing(task: Number, turns: u64) -> (Task, (u64, u64)) {
    let code = remote!(extern (mark 1) (lambda (i o)
        (mark ,task)
        (let loop ((turn 0) (n ,task))
            (if (< turn ,turns)
                (loop (+ turn 1) (modulo (+ (* n 31) 7) 1000003))
                (list ,task n)))));
    (code, (task, (0..turns).fold(task, |n, _| step(n))))
}

impl World {
    /// Waits for a promise and enters its result.
    async fn settle<T>(&self, task: Number, limit: Duration, promise: Promise<T>, right: &T)
    where
        T: PartialEq + std::fmt::Debug,
    {
        match tokio::time::timeout(limit + NEVER, promise).await {
            Ok(result) => self.ledger.settle(task, result, right),
            Err(_) => self.ledger.wrong(task, format_args!("is not settled {NEVER:?} after its deadline")),
        }
    }
}

async fn one(world: &World, dice: &mut Dice) {
    let retries = dice.retries();
    let task = world.ledger.enter(Expected::Value, retries, PATIENT);
    let (code, right) = computing(task, dice.turns());
    let promise = world.master.run(code.retries(retries).timeout(PATIENT));
    world.settle(task, PATIENT, promise, &right).await;
}

/// By `map`, of which the short tasks are sent ahead.
async fn many(world: &World, dice: &mut Dice) {
    let retries = dice.retries();
    let running = dice.rng.usize(1..60);
    let lengths: Vec<_> = (0..dice.rng.u8(10..80)).map(|_| dice.turns() / 4).collect();
    let rights = std::sync::Mutex::new(Vec::new());
    let make = |turns| {
        let task = world.ledger.enter(Expected::Value, retries, PATIENT);
        let (code, right) = computing(task, turns);
        rights.lock().expect("nobody panics").push(right);
        // An error has a label and no value.
        code.retries(retries).timeout(PATIENT).label(task.to_string())
    };
    let mut results = world.master.map::<(u64, u64), _, _>(lengths, make).unordered(running);
    loop {
        let Ok(result) = tokio::time::timeout(PATIENT + NEVER, results.next()).await else {
            return world.ledger.wrong(0, "and others of a map are not settled");
        };
        let task = match &result {
            None => return,
            Some(Ok((task, _))) => *task,
            Some(Err(error)) => error.label().and_then(|label| label.parse().ok()).expect("its label"),
        };
        let right = rights.lock().expect("nobody panics").iter().find(|(of, _)| *of == task).copied();
        match (result, right) {
            (Some(result), Some(right)) => world.ledger.settle(task, result, &right),
            _ => world.ledger.wrong(task, "is answered by the map of another"),
        }
    }
}

/// Exchanges, by a local procedure that may be slow.
async fn dialogue(world: &Arc<World>, dice: &mut Dice) {
    let task = world.ledger.enter(Expected::Value, 0, PATIENT);
    let (rounds, pause) = (dice.rng.u64(1..20), Duration::from_millis(dice.rng.u64(..10)));
    let remote = remote!(extern (mark 1) (lambda (i o)
        (mark ,task)
        (let loop ((n (read i)) (count 0))
            (if (eof-object? n)
                (list ,task count)
                (begin
                    (write (modulo (+ (* n 31) 7) 1000003) o)
                    (loop (read i) (+ count 1)))))));
    let own = Arc::clone(world);
    let local = move |mut i: InputPort, mut o: OutputPort| async move {
        let mut n = task;
        for _ in 0..rounds {
            o.write(&n).await?;
            let answer: u64 = i.read().await?;
            if answer != step(n) {
                own.ledger.wrong(task, format_args!("a wrong answer in a dialogue: {answer} to {n}"));
            }
            n = answer;
            tokio::time::sleep(pause).await;
        }
        o.close().await?;
        Ok(i.read::<(u64, u64)>().await?)
    };
    let promise = world.master.make_task(remote.timeout(PATIENT), local);
    world.settle(task, PATIENT, promise, &(task, rounds)).await;
}

/// More than a window, to a reader that is slow.
async fn bulk(world: &World, dice: &mut Dice) {
    let task = world.ledger.enter(Expected::Value, 0, PATIENT);
    let length = dice.rng.usize(1_000..150_000);
    let bytes: Vec<u8> = std::iter::repeat_with(|| dice.rng.u8(..)).take(length).collect();
    let bytes = Value::Bytes(bytes.into());
    let count = dice.rng.usize(1..4);
    let remote = remote!(extern (mark 1) (lambda (i o)
        (mark ,task)
        (let loop ((count ,count))
            (if (> count 0)
                (begin (write (read i) o) (loop (- count 1)))
                ,task))));
    let sent = bytes.clone();
    let local = move |mut i: InputPort, mut o: OutputPort| async move {
        for _ in 0..count {
            o.write_value(&sent).await?;
        }
        o.flush().await?;
        let mut back = Vec::new();
        for _ in 0..count {
            tokio::time::sleep(Duration::from_millis(20)).await;
            back.push(i.read_value().await?.ok_or("an early end")?);
        }
        Ok((back, i.read::<u64>().await?))
    };
    let promise = world.master.make_task(remote.timeout(PATIENT), local);
    world.settle(task, PATIENT, promise, &(vec![bytes; count], task)).await;
}

async fn raise(world: &World, dice: &mut Dice) {
    let retries = dice.retries();
    let task = world.ledger.enter(Expected::Raised, retries, PATIENT);
    let code = remote!(extern (mark 1) (lambda (i o) (mark ,task) (raise ,task)));
    let promise = world.master.run(code.retries(retries).timeout(PATIENT));
    world.settle(task, PATIENT, promise, &Value::symbol("nothing")).await;
}

/// A local procedure that fails or panics: that is the task's error, unless its slave is lost first.
async fn fail_here(world: &World, dice: &mut Dice) {
    let task = world.ledger.enter(Expected::Local, 0, PATIENT);
    let panics = dice.rng.bool();
    let code = remote!(extern (mark 1) (lambda (i o) (mark ,task) (write ,task o) (read i)));
    let local = move |mut i: InputPort, _o: OutputPort| async move {
        let read: u64 = i.read().await?;
        if panics {
            // Without a word on the console.
            std::panic::resume_unwind(Box::new("on purpose"));
        }
        Err::<(), _>(format!("{read} and no more").into())
    };
    let promise = world.master.make_task(code.timeout(PATIENT), local);
    world.settle(task, PATIENT, promise, &()).await;
}

/// Tasks that are aborted, or whose promise is dropped, before they run, while they do, and after.
async fn cancel(world: &World, dice: &mut Dice) {
    let task = world.ledger.enter(Expected::Cancelled, 0, PATIENT);
    let pause = Duration::from_millis(dice.rng.u64(..60));
    let (code, right) = if dice.rng.bool() {
        computing(task, dice.turns())
    } else {
        let endless = remote!(extern (mark 1) (lambda (i o) (mark ,task) (let loop () (loop))));
        (endless, (task, 0))
    };
    let mut promise = world.master.run(code.timeout(PATIENT));
    if dice.rng.bool() {
        tokio::time::sleep(pause).await;
        promise.abort();
        return world.settle(task, PATIENT, promise, &right).await;
    }
    match tokio::time::timeout(pause, &mut promise).await {
        Ok(result) => world.ledger.settle(task, result, &right),
        Err(_) => {
            drop(promise);
            world.ledger.drop(task);
        }
    }
}

/// Loops and waits without end, until the deadline.
async fn hang(world: &World, dice: &mut Dice) {
    let limit = Duration::from_millis(dice.rng.u64(50..600));
    let task = world.ledger.enter(Expected::Timeout, 0, limit);
    let promise: Promise<()> = if dice.rng.bool() {
        let code = remote!(extern (mark 1) (lambda (i o) (mark ,task) (let loop () (loop))));
        world.master.run(code.timeout(limit))
    } else {
        let code = remote!(extern (mark 1) (lambda (i o) (mark ,task) (read i)));
        let local = async |mut i: InputPort, _o: OutputPort| Ok(i.read().await?);
        world.master.make_task(code.timeout(limit), local)
    };
    world.settle(task, limit, promise, &()).await;
}

/// Several tasks on one slave, by a guard.
async fn reserve(world: &World, dice: &mut Dice) {
    let guard = match tokio::time::timeout(PATIENT, world.master.get_slave()).await {
        Ok(Ok(guard)) => guard,
        Ok(Err(error)) => return world.ledger.wrong(0, format_args!("and no guard: {error}")),
        Err(_) => return world.ledger.wrong(0, "and others have slaves, a guard has none"),
    };
    let tasks: Vec<_> = (0..dice.rng.u8(1..5))
        .map(|_| {
            let task = world.ledger.enter(Expected::Value, 0, PATIENT);
            let (code, right) = computing(task, dice.turns());
            (task, guard.run(code.timeout(PATIENT)), right)
        })
        .collect();
    if dice.rng.bool() {
        drop(guard);
    }
    for (task, promise, right) in tasks {
        world.settle(task, PATIENT, promise, &right).await;
    }
}

/// One task on each slave that is idle.
async fn broadcast(world: &World, dice: &mut Dice) {
    let guards: Vec<_> = std::iter::from_fn(|| world.master.try_get_slave()).collect();
    let tasks = guards.iter().map(|guard| {
        let task = world.ledger.enter(Expected::Value, 0, PATIENT);
        let (code, right) = computing(task, dice.turns());
        (task, guard.run(code.timeout(PATIENT)), right)
    });
    let tasks: Vec<_> = tasks.collect();
    let settled = tasks.into_iter().map(async |(task, promise, right)| {
        world.settle(task, PATIENT, promise, &right).await;
    });
    join_all(settled).await;
}

/// A native that cannot be interrupted, with a deadline that comes first.
async fn native(world: &World, dice: &mut Dice) {
    let limit = Duration::from_millis(dice.rng.u64(20..100));
    let task = world.ledger.enter(Expected::Timeout, 0, limit);
    let code = remote!(extern (mark 1) (sleep-ms 1) (lambda (i o) (mark ,task) (sleep-ms 400)));
    let promise = world.master.run(code.timeout(limit));
    world.settle(task, limit, promise, &()).await;
}

/// A task that kills its slave, and with retries, others.
async fn kill(world: &World, dice: &mut Dice) {
    let retries = dice.retries();
    let task = world.ledger.enter(Expected::Killer, retries, PATIENT);
    let code = remote!(extern (mark 1) (die 0) (lambda (i o) (mark ,task) (die)));
    let promise = world.master.run(code.retries(retries).timeout(PATIENT));
    world.settle(task, PATIENT, promise, &()).await;
}
