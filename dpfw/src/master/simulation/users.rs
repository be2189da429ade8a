//! The master's users: they make the tasks of the plan, wait for them, and give up.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::{FutureExt, StreamExt, future::BoxFuture};
use tokio::task::JoinHandle;

use super::{
    clock,
    ledger::{Ledger, pattern},
    pipe::MasterEnd,
    plan::{Deed, Fate, GuardPlan, MapPlan, Plan, TaskPlan},
    world::{Errand, World},
};
use crate::{InputPort, Master, OutputPort, Promise, Result, SlaveGuard, Task, TaskError, Value, remote};

/// Everybody who uses the master of a simulation.
#[derive(Clone)]
pub(super) struct Users {
    pub(super) world: Arc<Mutex<World>>,
    pub(super) plan: Arc<Plan>,
    pub(super) master: Master,
}

impl Users {
    /// Looks into the ledger, and says what time it is.
    fn ledger<R>(&self, look: impl FnOnce(&mut Ledger, u64) -> R) -> R {
        let mut world = lock(&self.world);
        world.scene.now_us = clock::since(world.scene.epoch);
        let now_us = world.scene.now_us;
        look(&mut world.scene.ledger, now_us)
    }

    fn note(&self, what: std::fmt::Arguments<'_>) {
        let mut world = lock(&self.world);
        world.scene.now_us = clock::since(world.scene.epoch);
        world.scene.note(what);
    }

    /// Does what the plan says.
    pub(super) fn run(&self, errand: Errand) {
        self.note(format_args!("{errand:?}"));
        match errand {
            Errand::Connect { slave } => self.connect(slave),
            Errand::Make { task } => drop(self.watch(task, self.make(task))),
            Errand::Map { index } => {
                let users = self.clone();
                tokio::spawn(async move { users.map(&users.plan.maps[index]).await });
            }
            Errand::Guard { index } => {
                let users = self.clone();
                tokio::spawn(async move { users.guard(index, &users.plan.guards[index]).await });
            }
            Errand::Shutdown => {
                self.ledger(Ledger::shut_down);
                let master = self.master.clone();
                tokio::spawn(async move { master.shutdown().await });
            }
        }
    }

    fn connect(&self, slave: usize) {
        lock(&self.world).add_slave(slave, &self.plan.slaves[slave]);
        let stream = MasterEnd { world: Arc::clone(&self.world), slave };
        let users = self.clone();
        tokio::spawn(async move {
            let linked = users.master.connect_stream(stream).await;
            users.note(format_args!("slave {slave} is linked: {linked:?}"));
            let linked = linked.map(drop).map_err(|err| err.to_string());
            users.ledger(|ledger, now_us| ledger.linked(slave, now_us, &linked));
        });
    }

    /// A task as it is given to a master.
    fn task(&self, number: usize) -> Task {
        let (plan, label) = self.ledger(|ledger, now_us| {
            ledger.made(number, now_us);
            (ledger.tasks[number].plan.clone(), Arc::clone(&ledger.tasks[number].label))
        });
        let TaskPlan { program, payload, timeout, retries, .. } = plan;
        let task = match program {
            0 => remote!((lambda (i o) ,number)),
            1 => remote!((lambda (i o) (list ,number))),
            2 => {
                let payload = Value::Bytes(pattern(number, payload));
                remote!((lambda (i o) (list ,number ,payload)))
            }
            3 => remote!(extern (alpha 0) (lambda (i o) (alpha) ,number)),
            4 => remote!(extern (beta 0) (lambda (i o) (beta) ,number)),
            _ => remote!(extern (alpha 0) (beta 0) (lambda (i o) (alpha) (beta) ,number)),
        };
        let task = task.retries(retries).label(label);
        match timeout {
            Some(timeout) => task.timeout(timeout),
            None => task,
        }
    }

    fn make(&self, number: usize) -> Promise<Value> {
        let task = self.task(number);
        match self.local(number) {
            Some(local) => self.master.make_task(task, local),
            None => self.master.run(task),
        }
    }

    fn make_on(&self, guard: &SlaveGuard, number: usize) -> Promise<Value> {
        let task = self.task(number);
        match self.local(number) {
            Some(local) => guard.make_task(task, local),
            None => guard.run(task),
        }
    }

    /// Does with a promise what the plan says.
    fn watch(&self, number: usize, mut promise: Promise<Value>) -> JoinHandle<()> {
        let users = self.clone();
        let fate = self.plan.tasks[number].fate;
        if fate == Fate::AbortAfter(0) {
            users.abort(number, &promise);
        }
        tokio::spawn(async move {
            let result = match fate {
                Fate::Await | Fate::AbortAfter(0) => promise.await,
                Fate::AbortAfter(us) => match tokio::time::timeout(Duration::from_micros(us), &mut promise).await {
                    Ok(result) => result,
                    Err(_) => {
                        users.abort(number, &promise);
                        promise.await
                    }
                },
                Fate::DropAfter(us) => match tokio::time::timeout(Duration::from_micros(us), promise).await {
                    Ok(result) => result,
                    Err(_) => return users.ledger(|ledger, _| ledger.dropped(number)),
                },
                Fate::Detach => {
                    users.ledger(|ledger, _| ledger.dropped(number));
                    return promise.detach();
                }
            };
            users.settled(number, &result);
        })
    }

    fn abort(&self, number: usize, promise: &Promise<Value>) {
        if !promise.is_finished() {
            self.ledger(|ledger, now_us| ledger.aborted(number, now_us));
            promise.abort();
        }
    }

    fn settled(&self, number: usize, result: &Result<Value, TaskError>) {
        match result {
            Ok(_) => self.note(format_args!("task {number} has its value")),
            Err(err) => self.note(format_args!("task {number} has failed: {:?}", err.kind())),
        }
        self.ledger(|ledger, now_us| ledger.settled(number, now_us, result));
    }

    async fn map(&self, plan: &MapPlan) {
        let make = |number: usize| self.task(number);
        let map = self.master.map::<Value, _, _>(plan.tasks.clone(), make);
        let map = if plan.ordered { map.buffered(plan.running) } else { map.unordered(plan.running) };
        let mut results = plan.tasks.iter();
        let mut map = map.take(plan.leaves_after.unwrap_or(usize::MAX));
        while let Some(result) = map.next().await {
            let next = results.next().copied();
            let number = if plan.ordered { next } else { number_of(&result) };
            // What a liar said may be of any task.
            if let Some(number) = number {
                self.settled(number, &result);
            }
            if !plan.pause.is_zero() {
                tokio::time::sleep(plan.pause).await;
            }
        }
        drop(map);
        self.ledger(|ledger, _| {
            for number in &plan.tasks {
                ledger.left(*number, plan.leaves_after.is_some());
            }
        });
    }

    async fn guard(&self, index: usize, plan: &GuardPlan) {
        let guard = if plan.only_if_idle {
            let Some(guard) = self.master.try_get_slave() else { return };
            guard
        } else {
            let patience = plan.patience.unwrap_or(Duration::from_secs(3600));
            match tokio::time::timeout(patience, self.master.get_slave()).await {
                Err(_) => return,
                Ok(Ok(guard)) => guard,
                Ok(Err(err)) => return self.ledger(|ledger, _| ledger.not_granted(index, err.kind())),
            }
        };
        let slave = self.master.slaves().into_iter().find(|slave| slave.id == guard.id());
        // It may be gone already.
        let slave = slave.and_then(|slave| slave.software.parse().ok());
        self.note(format_args!("guard {index} has slave {slave:?}"));
        if let Some(slave) = slave {
            self.ledger(|ledger, _| ledger.granted(slave, index));
        }
        let tasks: Vec<_> =
            plan.tasks.iter().map(|number| self.watch(*number, self.make_on(&guard, *number))).collect();
        if plan.awaits {
            futures::future::join_all(tasks).await;
        } else {
            tokio::time::sleep(plan.hold).await;
        }
        self.note(format_args!("guard {index} is dropped"));
        self.ledger(|ledger, _| ledger.released(index));
        drop(guard);
    }

    /// The local procedure of a task, if it has one.
    fn local(
        &self,
        number: usize,
    ) -> Option<impl FnOnce(InputPort, OutputPort) -> BoxFuture<'static, Result<Value>> + use<>> {
        let deed = self.plan.tasks[number].deed;
        let users = self.clone();
        deed.is_dialogue().then_some(move |input, output| {
            let runs = Runs::new(users, number);
            async move {
                let result = talk(&runs.users, number, deed, input, output).await;
                drop(runs);
                result
            }
            .boxed()
        })
    }
}

/// A local procedure runs, while this lives.
struct Runs {
    users: Users,
    number: usize,
}

impl Runs {
    fn new(users: Users, number: usize) -> Self {
        users.ledger(|ledger, _| ledger.local_runs(number, true));
        Self { users, number }
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        self.users.ledger(|ledger, _| ledger.local_runs(self.number, false));
    }
}

async fn talk(users: &Users, number: usize, deed: Deed, mut input: InputPort, mut output: OutputPort) -> Result<Value> {
    let datum = |bytes| Value::Bytes(pattern(number, bytes));
    match deed {
        Deed::Echo(talk) => {
            for _ in 0..talk.count {
                output.write_value(&datum(talk.bytes)).await?;
                expect(input.read_value().await?.as_ref(), &datum(talk.bytes))?;
            }
            drop(output);
        }
        Deed::Source(talk) => {
            let is_patient = talk.count % 20 < 10;
            for _ in 0..if is_patient { talk.count } else { talk.count / 2 } {
                expect(input.read_value().await?.as_ref(), &datum(talk.bytes))?;
            }
            if !is_patient {
                // Meanwhile the window fills; the rest is for nobody.
                tokio::time::sleep(Duration::from_millis(if number.is_multiple_of(2) { 10 } else { 0 })).await;
                drop(input);
                return Ok(users.ledger(|ledger, _| ledger.value(number)));
            }
        }
        Deed::Sink(talk) => {
            for _ in 0..talk.count {
                output.write_value(&datum(talk.bytes)).await?;
            }
            output.close().await?;
        }
        _ => return Err("the local procedure fails".into()),
    }
    Ok(input.read_value().await?.unwrap_or(Value::Void))
}

fn expect(read: Option<&Value>, expected: &Value) -> Result<()> {
    if read == Some(expected) { Ok(()) } else { Err("the task wrote something else".into()) }
}

/// The task of which a result is, as far as that can be told.
fn number_of(result: &Result<Value, TaskError>) -> Option<usize> {
    match result {
        Ok(value) => usize::try_from(value.as_list()?.first()?.as_u64()?).ok(),
        Err(err) => err.label()?.parse().ok(),
    }
}

fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    // After a panic users are still dropped, and say so.
    world.lock().unwrap_or_else(PoisonError::into_inner)
}
