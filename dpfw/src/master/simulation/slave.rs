//! A slave that evaluates nothing: the link's state machine in the slave's role, and tasks that do what the plan says.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::{Bytes, BytesMut};

use super::{
    ledger::pattern,
    liar::Liar,
    pipe::{Ending, Pipe},
    plan::{Deed, NATIVES, SlavePlan, Talk, Trouble},
    tap::Tap,
    world::{Event, Scene},
};
use crate::{
    LinkConfig, LinkError, Value,
    link::{Chunk, Event as LinkEvent, Link},
    value::{decode, encode, pieces::Pieces},
    wire::{Failure, Hello, Native, Role, Run, TaskId},
};

/// How long a task that is deaf does not hear that it is cancelled.
const DEAF_US: u64 = 40_000;

/// A slave and its connection to the master.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) index: usize,
    pub(super) to_slave: Pipe,
    pub(super) to_master: Pipe,
    tap: Tap,
    pub(super) link: Link,
    input: BytesMut,
    unwritten: Bytes,
    queue: VecDeque<Queued>,
    running: Option<Running>,
    templates: BTreeSet<[u8; 16]>,
    /// Which task asked for a template that has not come.
    asked: BTreeMap<[u8; 16], TaskId>,
    tasks_max: u32,
    /// Of the events that were planned for the running task: those of earlier ones come to nothing.
    step: u64,
    is_leaving: bool,
    /// It reads and says nothing any more.
    pub(super) is_over: bool,
    pub(super) frozen_until_us: u64,
    pub(super) liar: Option<Liar>,
}

/// A task that waits for its turn.
#[derive(Debug)]
struct Queued {
    task: TaskId,
    number: usize,
    template: [u8; 16],
    arrived: VecDeque<Chunk>,
    has_ended: bool,
}

/// The task that runs.
#[derive(Debug)]
struct Running {
    task: TaskId,
    number: usize,
    arrived: VecDeque<Chunk>,
    has_ended: bool,
    /// Data written or read so far.
    done: usize,
    /// How it ends at the next step.
    failure: Option<Failure>,
    /// It has its value, a part of which waits for room.
    is_finishing: bool,
}

impl Site {
    pub(super) fn new(index: usize, plan: &SlavePlan, scene: &mut Scene) -> Self {
        let config = LinkConfig { window: plan.window, tasks_max: plan.tasks_max, ..scene.link.clone() };
        let identity = [u8::try_from(index).unwrap(); 16];
        let mut hello = Hello::new(Role::Slave, plan.window, plan.tasks_max, identity);
        hello.software = index.to_string();
        hello.message_max = config.message_max as u64;
        let native = |name: &&str| Native { name: (*name).to_owned(), min: 0, max: Some(0) };
        hello.natives =
            NATIVES.iter().zip(plan.natives).filter(|(_, has)| *has).map(|(name, _)| native(name)).collect();
        let site = Self {
            index,
            to_slave: Pipe::new(plan.latency_us, plan.grain_us, plan.room),
            to_master: Pipe::new(plan.latency_us, plan.grain_us, plan.room),
            tap: Tap::default(),
            link: Link::new(hello, None, config, scene.now()),
            input: BytesMut::new(),
            unwritten: Bytes::new(),
            queue: VecDeque::new(),
            running: None,
            templates: BTreeSet::new(),
            asked: BTreeMap::new(),
            tasks_max: plan.tasks_max,
            step: 0,
            is_leaving: false,
            is_over: false,
            frozen_until_us: 0,
            liar: plan.lies_in.map(Liar::new),
        };
        scene.plan_at(site.link.next_tick(), Event::Tick { slave: index });
        site
    }

    // The connection.

    /// The master writes; says how much is taken.
    pub(super) fn master_writes(&mut self, scene: &mut Scene, bytes: &[u8]) -> Result<usize, ()> {
        let index = self.index;
        let (agenda, random, now_us) = (&mut scene.agenda, &mut scene.random, scene.now_us);
        let arrive = |at_us| agenda.add(at_us, Event::Arrive { slave: index, at: Role::Slave });
        let taken = self.to_slave.send(bytes, now_us, random, arrive)?;
        scene.note(format_args!("master writes {taken} of {} to {index}", bytes.len()));
        self.overhear(scene, Role::Master, &bytes[..taken]);
        Ok(taken)
    }

    fn overhear(&mut self, scene: &mut Scene, from: Role, bytes: &[u8]) {
        match &mut self.liar {
            Some(liar) if from == Role::Master => {
                for number in liar.overhear(bytes) {
                    scene.ledger.tasks[number].had_by.push(self.index);
                }
            }
            Some(_) => {}
            None => {
                if let Err(wrong) = self.tap.hear(from, bytes) {
                    scene.ledger.wrong(format!("on the link of slave {}, the {wrong}", self.index));
                }
            }
        }
    }

    /// The master has no more to say.
    pub(super) fn master_leaves(&mut self, scene: &mut Scene) {
        self.finish(scene, Role::Slave, Ending::Closed);
    }

    /// The master's end is gone.
    pub(super) fn master_is_gone(&mut self, scene: &mut Scene) {
        self.finish(scene, Role::Slave, Ending::Closed);
        self.finish(scene, Role::Master, Ending::Reset);
    }

    /// Ends the direction to one end.
    fn finish(&mut self, scene: &mut Scene, at: Role, how: Ending) {
        let slave = self.index;
        let (agenda, random, now_us) = (&mut scene.agenda, &mut scene.random, scene.now_us);
        let pipe = if at == Role::Slave { &mut self.to_slave } else { &mut self.to_master };
        pipe.finish(how, now_us, random, |at_us| agenda.add(at_us, Event::Arrive { slave, at }));
    }

    /// Writes what the connection takes.
    pub(super) fn flush(&mut self, scene: &mut Scene) {
        loop {
            if self.unwritten.is_empty() {
                match self.link.take_output() {
                    Some(bytes) => self.unwritten = bytes,
                    None => return,
                }
            }
            let bytes = self.unwritten.clone();
            match self.slave_writes(scene, &bytes) {
                Some(taken @ 1..) => self.unwritten = self.unwritten.split_off(taken),
                _ => return,
            }
        }
    }

    pub(super) fn slave_writes(&mut self, scene: &mut Scene, bytes: &[u8]) -> Option<usize> {
        let slave = self.index;
        let (agenda, random, now_us) = (&mut scene.agenda, &mut scene.random, scene.now_us);
        let arrive = |at_us| agenda.add(at_us, Event::Arrive { slave, at: Role::Master });
        let taken = self.to_master.send(bytes, now_us, random, arrive).ok()?;
        scene.note(format_args!("slave {slave} writes {taken} of {}", bytes.len()));
        self.overhear(scene, Role::Slave, &bytes[..taken]);
        Some(taken)
    }

    /// Bytes have come, or the end.
    pub(super) fn read(&mut self, scene: &mut Scene) {
        let length = self.to_slave.arrived.len();
        let bytes = self.to_slave.take(length);
        if self.is_over {
            return;
        }
        self.input.extend_from_slice(&bytes);
        if length > 0 {
            self.link.heard(scene.now());
        }
        if let Err(why) = self.understand(scene) {
            return self.end(scene, &why);
        }
        if self.to_slave.end.is_some() {
            return self.end(scene, &LinkError::Closed);
        }
        self.go_on(scene);
    }

    fn understand(&mut self, scene: &mut Scene) -> Result<(), LinkError> {
        while let Some(event) = self.link.next_event(&mut self.input)? {
            self.handle(scene, event)?;
        }
        Ok(())
    }

    /// Starts what can be started, and writes.
    pub(super) fn go_on(&mut self, scene: &mut Scene) {
        self.start_next(scene);
        self.lie_now_and_then(scene);
        self.flush(scene);
        let is_done = self.is_leaving && self.running.is_none() && self.unwritten.is_empty() && !self.link.has_output();
        if is_done && !self.is_over {
            self.end(scene, &LinkError::Shutdown);
        }
    }

    /// The link is over: a last word, and the end.
    fn end(&mut self, scene: &mut Scene, why: &LinkError) {
        scene.note(format_args!("slave {} ends its link: {why}", self.index));
        let is_expected = matches!(why, LinkError::Closed | LinkError::Shutdown | LinkError::PeerShutdown);
        if !is_expected && !scene.ledger.slaves[self.index].is_troubled {
            scene.ledger.wrong(format!("slave {} ends its link for no reason: {why}", self.index));
        }
        scene.ledger.troubled(self.index);
        self.link.close(why);
        self.flush(scene);
        self.is_over = true;
        self.running = None;
        self.queue.clear();
        self.finish(scene, Role::Master, Ending::Closed);
        self.finish(scene, Role::Slave, Ending::Reset);
    }

    /// The heartbeat.
    pub(super) fn tick(&mut self, scene: &mut Scene) {
        if self.is_over {
            return;
        }
        if let Err(why) = self.link.tick(scene.now()) {
            return self.end(scene, &why);
        }
        scene.plan_at(self.link.next_tick(), Event::Tick { slave: self.index });
        self.flush(scene);
    }

    /// Something befalls it.
    pub(super) fn suffer(&mut self, scene: &mut Scene, trouble: Trouble) {
        if self.is_over {
            return;
        }
        scene.note(format_args!("slave {}: {trouble:?}", self.index));
        scene.ledger.troubled(self.index);
        match trouble {
            Trouble::CutToSlave(after, how) => self.to_slave.cut_after(after, how),
            Trouble::CutToMaster(after, how) => self.to_master.cut_after(after, how),
            Trouble::Stall(for_us) => {
                self.to_slave.stall(scene.now_us + for_us);
                self.to_master.stall(scene.now_us + for_us);
            }
            Trouble::Freeze(for_us) => self.frozen_until_us = scene.now_us + for_us,
            Trouble::Die(how) => self.die(scene, how),
            Trouble::Leave => {
                self.is_leaving = true;
                self.link.goodbye("the slave is leaving");
                self.asked.clear();
                for queued in std::mem::take(&mut self.queue) {
                    self.give_back(scene, queued.task, queued.number);
                }
                self.go_on(scene);
            }
        }
    }

    fn die(&mut self, scene: &mut Scene, how: Ending) {
        scene.ledger.troubled(self.index);
        self.is_over = true;
        self.running = None;
        self.queue.clear();
        self.finish(scene, Role::Master, how);
        self.finish(scene, Role::Slave, if how == Ending::Silence { Ending::Silence } else { Ending::Reset });
    }

    /// What hangs, or was hurt, dies; the others go on.
    pub(super) fn calm(&mut self, scene: &mut Scene) {
        let hangs = self.holds().any(|number| scene.ledger.tasks[number].plan.deed.never_ends());
        if !self.is_over && (hangs || scene.ledger.slaves[self.index].is_troubled) {
            scene.note(format_args!("slave {} dies in the end", self.index));
            self.die(scene, Ending::Reset);
        }
    }

    fn holds(&self) -> impl Iterator<Item = usize> {
        let running = self.running.iter().map(|running| running.number);
        self.queue.iter().map(|queued| queued.number).chain(running)
    }

    /// What is left behind once everything has settled, though nothing happened to it.
    pub(super) fn leftovers(&self, scene: &Scene) -> Option<String> {
        let unanswered = self.tap.unanswered();
        (unanswered > 0 && !scene.ledger.slaves[self.index].is_troubled)
            .then(|| format!("slave {} has {unanswered} tasks without an answer", self.index))
    }

    // Tasks.

    fn handle(&mut self, scene: &mut Scene, event: LinkEvent) -> Result<(), LinkError> {
        match event {
            LinkEvent::Ready => {}
            LinkEvent::Goodbye { .. } => scene.ledger.troubled(self.index),
            LinkEvent::Run { task, run } => self.take(scene, task, run),
            LinkEvent::Template { task, text } => {
                let hash = dpfw_syntax::TemplateHash::of(std::str::from_utf8(&text).unwrap_or_default()).0;
                if self.asked.remove(&hash) != Some(task) {
                    scene.ledger.wrong(format!("slave {} was sent a template it had not asked for", self.index));
                }
                self.templates.insert(hash);
            }
            LinkEvent::Cancel { task } => match self.position(task) {
                Some(position) => {
                    let queued = self.queue.remove(position).unwrap();
                    self.fail(scene, task, queued.number, Failure::Cancelled);
                    self.ask_again(task);
                }
                None => self.interrupt(scene, task, Failure::Cancelled),
            },
            LinkEvent::Recall { task } => {
                if let Some(position) = self.position(task) {
                    let queued = self.queue.remove(position).unwrap();
                    self.give_back(scene, task, queued.number);
                    self.ask_again(task);
                }
            }
            LinkEvent::Data { task, chunk } => match self.arrivals(task) {
                Some((arrived, _)) => {
                    arrived.push_back(chunk);
                    self.wake(scene, task);
                }
                None => self.link.consume(task, chunk.credit),
            },
            LinkEvent::End { task } => {
                if let Some((_, has_ended)) = self.arrivals(task) {
                    *has_ended = true;
                    self.wake(scene, task);
                }
            }
            LinkEvent::Drained { task } => self.wake(scene, task),
            LinkEvent::NeedTemplate { .. }
            | LinkEvent::Done { .. }
            | LinkEvent::Failed { .. }
            | LinkEvent::Log { .. } => {
                unreachable!("a slave's link refuses what only slaves say")
            }
        }
        Ok(())
    }

    fn take(&mut self, scene: &mut Scene, task: TaskId, run: Run) {
        let Run { template, left_ms, no_input, values, .. } = run;
        let Some(number) = number_of(values.into_bytes()) else {
            return scene.ledger.wrong(format!("slave {} was sent a task without its number", self.index));
        };
        scene.note(format_args!("slave {} has task {number} as {task}", self.index));
        scene.ledger.received(self.index, number, left_ms, scene.now_us);
        if let Some(liar) = self.liar.as_mut().filter(|liar| liar.is_idler)
            && !liar.given_back.insert(number)
        {
            scene.ledger.wrong(format!("slave {} is sent task {number} again, which it gave back unasked", self.index));
        }
        if self.is_leaving || self.liar.as_ref().is_some_and(|liar| liar.is_idler) {
            return self.give_back(scene, task, number);
        }
        let held = self.queue.len() + usize::from(self.running.is_some());
        if held >= (self.tasks_max.max(1) as usize) && self.liar.is_none() {
            scene.ledger.wrong(format!("slave {} has {held} tasks and is sent another", self.index));
        }
        if let Some(left_ms) = left_ms {
            let at_us = scene.now_us + left_ms * 1000;
            scene.agenda.add(at_us, Event::Late { slave: self.index, task });
        }
        if !self.templates.contains(&template) && !self.asked.contains_key(&template) {
            self.asked.insert(template, task);
            self.link.need_template(task, template);
        }
        self.queue.push_back(Queued { task, number, template, arrived: VecDeque::new(), has_ended: no_input });
    }

    fn position(&self, task: TaskId) -> Option<usize> {
        self.queue.iter().position(|queued| queued.task == task)
    }

    fn arrivals(&mut self, task: TaskId) -> Option<(&mut VecDeque<Chunk>, &mut bool)> {
        let running =
            self.running.iter_mut().filter(|it| it.task == task).map(|it| (&mut it.arrived, &mut it.has_ended));
        let queued = self.queue.iter_mut().filter(|it| it.task == task).map(|it| (&mut it.arrived, &mut it.has_ended));
        running.chain(queued).next()
    }

    fn ask_again(&mut self, task: TaskId) {
        let Some((&hash, _)) = self.asked.iter().find(|(_, asking)| **asking == task) else { return };
        self.asked.remove(&hash);
        if let Some(other) = self.queue.iter().find(|queued| queued.template == hash) {
            self.asked.insert(hash, other.task);
            self.link.need_template(other.task, hash);
        }
    }

    /// A task's deadline has passed by the slave's own clock.
    pub(super) fn late(&mut self, scene: &mut Scene, task: TaskId) {
        if self.is_over {
            return;
        }
        match self.position(task) {
            Some(position) => {
                let queued = self.queue.remove(position).unwrap();
                self.fail(scene, task, queued.number, Failure::DeadlineExceeded);
                self.ask_again(task);
            }
            None => self.interrupt(scene, task, Failure::DeadlineExceeded),
        }
        self.go_on(scene);
    }

    fn start_next(&mut self, scene: &mut Scene) {
        let is_ready = self.queue.front().is_some_and(|first| self.templates.contains(&first.template));
        if self.running.is_some() || !is_ready || self.is_over {
            return;
        }
        let Some(Queued { task, number, arrived, has_ended, .. }) = self.queue.pop_front() else { return };
        scene.note(format_args!("slave {} starts task {number}", self.index));
        scene.ledger.started(self.index, number);
        self.running = Some(Running { task, number, arrived, has_ended, done: 0, failure: None, is_finishing: false });
        self.plan_step(scene, scene.ledger.tasks[number].plan.took_us);
    }

    fn plan_step(&mut self, scene: &mut Scene, in_us: u64) {
        self.step += 1;
        scene.agenda.add(scene.now_us + in_us, Event::Step { slave: self.index, step: self.step });
    }

    /// The running task may go on, if it is this one.
    fn wake(&mut self, scene: &mut Scene, task: TaskId) {
        let Some(running) = self.running.as_ref().filter(|it| it.task == task) else { return };
        if running.is_finishing && !self.link.has(task) {
            // All of its value has been sent, even if it is to stop.
            self.forget(task);
        } else if !running.is_finishing && running.failure.is_none() {
            let in_us = scene.random.u64(..50);
            self.plan_step(scene, in_us);
        }
    }

    /// The running task hears that it is to stop, if it is this one.
    fn interrupt(&mut self, scene: &mut Scene, task: TaskId, failure: Failure) {
        let Some(running) = self.running.as_mut().filter(|it| it.task == task && it.failure.is_none()) else { return };
        running.failure = Some(failure);
        let is_deaf = scene.ledger.tasks[running.number].plan.deed == Deed::Deaf;
        let in_us = if is_deaf { DEAF_US } else { scene.random.u64(..300) };
        self.plan_step(scene, in_us);
    }

    /// The running task takes a step.
    pub(super) fn step(&mut self, scene: &mut Scene, step: u64) {
        if step != self.step || self.is_over {
            return;
        }
        let Some(running) = &mut self.running else { return };
        let (task, number) = (running.task, running.number);
        let plan = scene.ledger.tasks[number].plan.clone();
        if let Some(failure) = running.failure.take() {
            self.fail(scene, task, number, failure);
            return self.go_on(scene);
        }
        if running.is_finishing {
            return;
        }
        let words = |words: &str| words.to_owned();
        match plan.deed {
            Deed::Value(_) | Deed::LocalError => self.done(scene, task, number),
            Deed::Raise => {
                let message = scene.ledger.tasks[number].label.to_string();
                let mut values = BytesMut::new();
                encode(&Value::Void, &mut values).unwrap();
                encode(&Value::List(Vec::new()), &mut values).unwrap();
                let (offset, backtrace) = (None, Vec::new());
                self.fail(scene, task, number, Failure::Raised { offset, backtrace, message, values: values.freeze() });
            }
            Deed::PassLimit => {
                self.fail(scene, task, number, Failure::LimitExceeded { which: words("steps"), limit: Some(1) });
            }
            Deed::NotAdmitted => {
                self.fail(scene, task, number, Failure::Rejected { offset: None, message: words("no") });
            }
            Deed::Break => self.fail(scene, task, number, Failure::Broken { message: words("broken") }),
            Deed::Kill => {
                scene.note(format_args!("task {number} kills slave {}", self.index));
                let how = if scene.random.bool() { Ending::Closed } else { Ending::Reset };
                return self.die(scene, how);
            }
            Deed::Hang | Deed::Deaf if scene.is_calm => self.done(scene, task, number),
            Deed::Hang | Deed::Deaf => {}
            Deed::Chatter(talk) | Deed::Source(talk) => self.write_next(scene, talk, plan.took_us),
            Deed::Echo(_) | Deed::Sink(_) => self.read_next(scene, plan.deed),
        }
        self.go_on(scene);
    }

    fn write_next(&mut self, scene: &mut Scene, talk: Talk, took_us: u64) {
        let Some(running) = &mut self.running else { return };
        let (task, number) = (running.task, running.number);
        if !self.link.is_drained(task) {
            return;
        }
        if running.done == talk.count {
            return self.done(scene, task, number);
        }
        running.done += 1;
        self.link.log(task, Bytes::from_static(b"a line"));
        let datum = match scene.ledger.tasks[number].plan.deed {
            Deed::Chatter(_) => scene.ledger.value(number),
            _ => Value::Bytes(pattern(number, talk.bytes)),
        };
        let is_drained = self.link.write(task, true, encoded(&datum));
        if is_drained {
            self.plan_step(scene, took_us % 100);
        }
    }

    fn read_next(&mut self, scene: &mut Scene, deed: Deed) {
        let Some(running) = &mut self.running else { return };
        let (task, number) = (running.task, running.number);
        if !self.link.is_drained(task) {
            return;
        }
        let Some(chunk) = running.arrived.pop_front() else {
            if running.has_ended {
                self.done(scene, task, number);
            }
            return;
        };
        running.done += 1;
        self.link.consume(task, chunk.credit);
        let is_drained = match deed {
            Deed::Echo(_) => self.link.write(task, chunk.datum, chunk.bytes),
            _ => true,
        };
        if is_drained {
            let in_us = scene.random.u64(..30);
            self.plan_step(scene, in_us);
        }
    }

    fn done(&mut self, scene: &mut Scene, task: TaskId, number: usize) {
        let value = match &self.liar {
            Some(_) if scene.random.bool() => Value::from(-1),
            _ => scene.ledger.value(number),
        };
        scene.note(format_args!("slave {} has the value of task {number}", self.index));
        scene.ledger.answered(self.index, number, scene.now_us);
        self.link.done(task, Some(encoded(&value)));
        match &mut self.running {
            Some(running) if self.link.has(task) => running.is_finishing = true,
            _ => self.forget(task),
        }
    }

    fn fail(&mut self, scene: &mut Scene, task: TaskId, number: usize, failure: Failure) {
        scene.note(format_args!("slave {} fails task {number}: {failure:?}", self.index));
        scene.ledger.answered(self.index, number, scene.now_us);
        self.link.failed(task, failure);
        self.forget(task);
    }

    fn give_back(&mut self, scene: &mut Scene, task: TaskId, number: usize) {
        scene.note(format_args!("slave {} gives task {number} back", self.index));
        scene.ledger.given_back(self.index, number, scene.now_us);
        self.link.failed(task, Failure::NotStarted);
    }

    fn forget(&mut self, task: TaskId) {
        if let Some(liar) = &mut self.liar {
            liar.last_task = task;
        }
        if self.running.as_ref().is_some_and(|running| running.task == task) {
            self.running = None;
        }
    }

    fn lie_now_and_then(&mut self, scene: &mut Scene) {
        let Some(liar) = &mut self.liar else { return };
        if self.is_over || self.link.peer().is_none() {
            return;
        }
        let current = self.running.as_ref().map(|running| running.task).or(self.queue.front().map(|first| first.task));
        let bytes = liar.say(&mut scene.random, current);
        if let Some(bytes) = bytes {
            scene.note(format_args!("slave {} lies: {} bytes", self.index, bytes.len()));
            self.flush(scene);
            // What does not fit is lost, so that a lie may end within a frame.
            self.slave_writes(scene, &bytes);
        }
    }
}

/// Which task it is that has these values: the first is its number.
pub(super) fn number_of(mut values: Bytes) -> Option<usize> {
    usize::try_from(decode(&mut values).ok()?.as_u64()?).ok()
}

fn encoded(value: &Value) -> Pieces {
    let mut bytes = BytesMut::new();
    encode(value, &mut bytes).unwrap();
    bytes.freeze().into()
}
