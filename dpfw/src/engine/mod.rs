//! The evaluator: templates in, values out. The only module that names Steel.
//!
//! [`Engine`] owns one bare Steel engine, in which nothing can be named but what is registered here. A template passes
//! through it like this:
//!
//! ```text
//! core text ─ admit ─▶ Core ─ load what it names ─ print ─▶ text for Steel ─ run ─▶ Compiled ─ call ─▶ Value
//! ```
//!
//! | file | what it owns |
//! |---|---|
//! | `loader` | which procedures Steel has been given: natives, prelude, functions of the Rust program |
//! | `branches` | core that Steel compiles in time |
//! | `print`, `globals` | core as text that Steel cannot misread |
//! | `lexicon` | that no other text comes to Steel |
//! | `natives/` | procedures in Rust, a file per kind of data |
//! | `prelude` | procedures in Scheme: whatever calls procedures |
//! | `convert` | values in and out, exact and bounded |
//! | `fault`, `failure` | errors, inside and outside the evaluator |
//! | `task_ports`, `session` | what natives reach of the task that calls them |
//! | `held`, `sweep` | what Rust keeps of Steel's heap, and what the heap keeps for nobody |
//! | `interrupt` | stopping an evaluation from another thread |
//! | `user_fn` | functions that Rust programs register |

mod branches;
mod convert;
mod failure;
mod fault;
mod globals;
mod held;
mod interrupt;
mod lexicon;
mod loader;
mod natives;
mod prelude;
mod print;
mod session;
mod sweep;
mod task_ports;
#[cfg(test)]
mod tests;
mod user_fn;

use std::{
    cell::RefCell,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use dpfw_syntax::{AdmitLimits, Arity, Core, CoreKind, admit, vocabulary};
use steel::{SteelErr, SteelVal, gc::Gc};

pub use self::user_fn::{AsyncNativeFn, NativeFn};
use self::{
    branches::turn,
    convert::{Exporter, Import, export, import},
    fault::{Fault, Origin},
    held::Held,
    loader::Loader,
    natives::{HashTable, Port},
    print::{Printed, are_listed},
    session::{HeapWork, Session, Sizes},
    sweep::Growth,
    task_ports::TaskPorts,
};
pub(crate) use self::{
    failure::{Failure, Rejection},
    fault::Limit,
    interrupt::Interrupter,
    task_ports::{Interrupted, Ports, Unsent},
    user_fn::UserNatives,
};
use crate::value::Value;

/// The variable that says where Steel has its own files. Without it Steel makes a directory for them, of which there are none.
#[cfg(unix)]
pub(crate) const HOME_VARIABLE: &str = "STEEL_HOME";

/// What Steel's lists panic with where the system has no more memory; most else ends the process then.
const OUT_OF_MEMORY: &str = "AllocError";

/// Bounds of one engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EngineConfig {
    /// What templates may be.
    pub(crate) admit: AdmitLimits,
    /// What programs may make.
    pub(crate) sizes: Sizes,
    /// By how much the process may have grown before it is worth while to look for what tasks left behind.
    pub(crate) growth_bytes: u64,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self { admit: AdmitLimits::default(), sizes: Sizes::default(), growth_bytes: 64 << 20 }
    }
}

/// One evaluator. It and all its values stay on the thread that made it.
pub(crate) struct Engine {
    config: EngineConfig,
    natives: UserNatives,
    interrupter: Interrupter,
    session: Rc<Session>,
    loader: Loader,
    /// The slave's table, which outlives this engine's evaluations and is copied into its successor.
    table: SteelVal,
    /// Counts the Steel engines: closures of one mean nothing to another.
    generation: u64,
    compiles: u64,
    growth: Growth,
    /// The ports of the last task.
    spare: Option<GivenPorts>,
    /// Until then it is not looked whether the table lets the engine underneath be replaced.
    look_after: Option<Instant>,
}

/// What a table holds, as values of ours.
struct Entries {
    entries: Vec<(Value, Value)>,
    /// About how many bytes it takes.
    bytes: u64,
    /// Whether something would be two objects where it was one, or another kind of table.
    is_lossy: bool,
}

/// So many times as long as such a look takes there is no other.
const LOOK_FACTOR: u32 = 50;

/// A template, ready to be called. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Compiled(Rc<RefCell<Procedure>>);

struct Procedure {
    /// The template, to compile it again where the engine was replaced.
    text: Arc<str>,
    values: usize,
    generation: u64,
    compiled: Stage,
    printed: Rc<Printed>,
}

/// As much of a template as is evaluated once for all calls.
enum Stage {
    /// The procedure of the constants: some of them can be changed, so each call has its own.
    Constants(Held, Vec<Constant>),
    /// The procedure of the values.
    Values(Held),
    /// The procedure of the ports: there are no values.
    Ports(Held),
}

/// A constant that Steel does not read from the text.
enum Constant {
    /// Nobody can change it.
    Kept(Held),
    /// It contains a vector, a bytevector or a hash table: what one task does to it is no other's concern.
    Fresh(Value),
}

/// A task's ports, and what its program sees of them.
struct GivenPorts {
    task_ports: Rc<TaskPorts>,
    input: SteelVal,
    output: SteelVal,
}

impl GivenPorts {
    /// Whether no program has kept one of them, in the table say.
    fn is_ours_alone(&self) -> bool {
        let is_alone = |port: &SteelVal| matches!(port, SteelVal::Custom(port) if Gc::strong_count(port) == 1);
        Rc::strong_count(&self.task_ports) == 3 && is_alone(&self.input) && is_alone(&self.output)
    }
}

impl Engine {
    /// An engine that offers the vocabulary and `natives`.
    pub(crate) fn new(natives: UserNatives, config: EngineConfig) -> Self {
        let table = natives::wrap(HashTable::by_equal());
        let mut loader = Loader::new();
        loader.set_table(&table);
        let interrupter = Interrupter::new(loader.controller());
        let session = Session::new(interrupter.clone(), natives.clone(), config.sizes);
        Self {
            config,
            natives,
            interrupter,
            session,
            loader,
            table,
            generation: 0,
            compiles: 0,
            growth: Growth::new(config.growth_bytes),
            spare: None,
            look_after: None,
        }
    }

    /// Lets Steel make what it makes when it first compiles something, so that no task waits for it.
    pub(crate) fn warm_up(&mut self) {
        let entered = self.session.enter();
        if let Err(error) = self.loader.run("(lambda () 1)") {
            tracing::warn!(%error, "the evaluator's first program failed");
        }
        drop(entered);
    }

    /// What interrupts this engine. It stays good when the engine underneath is replaced.
    pub(crate) fn interrupter(&self) -> Interrupter {
        self.interrupter.clone()
    }

    /// How many templates have been compiled since the engine underneath was made. Steel keeps something of each.
    pub(crate) fn compiles(&self) -> u64 {
        self.compiles
    }

    /// How many arguments the procedure called `name` takes, if tasks may call it here.
    pub(crate) fn offered(&self, name: &str) -> Option<Arity> {
        let listed = vocabulary::procedure(name).map(|procedure| procedure.arity);
        listed.or_else(|| self.natives.find(name).map(|(_, arity)| arity))
    }

    /// Compiles a template.
    ///
    /// # Errors
    /// [`Rejection`] if it is not core, or names what is not offered.
    pub(crate) fn compile(&mut self, text: &str) -> Result<Compiled, Rejection> {
        let procedure = self.compile_procedure(Arc::from(text))?;
        Ok(Compiled(Rc::new(RefCell::new(procedure))))
    }

    fn compile_procedure(&mut self, text: Arc<str>) -> Result<Procedure, Rejection> {
        let mut core = admit(&text, &self.config.admit, &|name| self.offered(name))?;
        let values = match &core.kind {
            CoreKind::Lambda(lambda) => lambda.params.len(),
            _ => return Err(Rejection::new(Some(0), "not a procedure of values")),
        };
        turn(&mut core);
        let entered = self.session.enter();
        // Half a procedure of the prelude would be there for all tasks that follow.
        let interrupter = self.interrupter.clone();
        let compiled = interrupter.deferred(|| catch_unwind(AssertUnwindSafe(|| self.compile_core(&core, values))));
        drop(entered);
        let compiled = compiled.unwrap_or_else(|panic| {
            self.replace();
            Err(Rejection::new(None, format!("the compiler broke: {}", words(&*panic))))
        });
        let (compiled, printed) = compiled?;
        self.compiles += 1;
        Ok(Procedure { text, values, generation: self.generation, compiled, printed: Rc::new(printed) })
    }

    fn compile_core(&mut self, core: &Core, values: usize) -> Result<(Stage, Printed), Rejection> {
        let refused = |fault: Fault| Rejection::new(None, fault.to_string());
        let printed = self.loader.print(core, &self.session).map_err(refused)?;
        let mut constants = Vec::new();
        for datum in &printed.constants {
            let value =
                Value::from_datum(datum).map_err(|error| Rejection::new(Some(datum.span.start), error.to_string()))?;
            constants.push(match is_mutable(&value) {
                true => Constant::Fresh(value),
                false => Constant::Kept(Held::new(self.bring_in(value).map_err(refused)?)),
            });
        }
        let wrong = |error: &SteelErr| {
            Rejection::new(error.span().and_then(|span| printed.source_offset(span.start)), error.to_string())
        };
        let mut procedure = Held::new(self.loader.run(&printed.text).map_err(|error| wrong(&error))?);
        if constants.iter().any(|constant| matches!(constant, Constant::Fresh(_))) {
            return Ok((Stage::Constants(procedure, constants), printed));
        }
        if !constants.is_empty() {
            let constants = self.constants(&constants).map_err(refused)?;
            procedure = self.loader.apply(&procedure, &constants).map_err(|error| wrong(&error))?;
        }
        if values > 0 {
            return Ok((Stage::Values(procedure), printed));
        }
        // It only makes the procedure of the ports.
        let procedure = self.loader.apply(&procedure, &[]).map_err(|error| wrong(&error))?;
        Ok((Stage::Ports(procedure), printed))
    }

    /// The constants of one call, as a template's procedure takes them.
    fn constants(&mut self, constants: &[Constant]) -> Result<Vec<Held>, Fault> {
        let each = constants.iter().map(|constant| match constant {
            Constant::Kept(held) => Ok(Held::borrowed(held.value())),
            Constant::Fresh(value) => self.bring_in(value.clone()).map(Held::new),
        });
        let each = each.collect::<Result<Vec<_>, _>>()?;
        if !are_listed(each.len()) {
            return Ok(each);
        }
        let list = each.iter().map(|held| held.value().clone()).collect();
        Ok(vec![Held::new(SteelVal::ListV(list))])
    }

    /// Calls a template with its values and ports, and returns what it returns.
    ///
    /// The caller brackets this by the interrupter's `begin` and `end`.
    ///
    /// # Errors
    /// [`Failure`]: what the task raised, or how it was ended.
    pub(crate) fn call(
        &mut self,
        compiled: &Compiled,
        values: Vec<Value>,
        ports: Rc<RefCell<dyn Ports>>,
    ) -> Result<Value, Failure> {
        if compiled.0.borrow().generation != self.generation {
            let text = Arc::clone(&compiled.0.borrow().text);
            let again = self.compile_procedure(text).map_err(Failure::Rejected)?;
            compiled.0.replace(again);
        }
        let procedure = compiled.0.borrow();
        if values.len() != procedure.values {
            let message = format!("the template takes {} values, not {}", procedure.values, values.len());
            return Err(Failure::Rejected(Rejection::new(None, message)));
        }

        let entered = self.session.enter();
        let given = self.ports(ports);
        let task_ports = Rc::clone(&given.task_ports);
        self.session.begin(&task_ports);
        self.loader.reset_state();
        let outcome = catch_unwind(AssertUnwindSafe(|| self.evaluate(&procedure, values, &given)));
        drop(procedure);
        task_ports.finish();
        self.session.end();
        self.spare = Some(given);
        fault::forget();
        drop(entered);

        outcome.unwrap_or_else(|panic| {
            let message = words(&*panic);
            self.replace();
            Err(if message.contains(OUT_OF_MEMORY) { Failure::OutOfMemory } else { Failure::Panicked(message) })
        })
    }

    fn evaluate(&mut self, procedure: &Procedure, values: Vec<Value>, ports: &GivenPorts) -> Result<Value, Failure> {
        let printed = &procedure.printed;
        // Each step is held, because Steel's collector does not look at the procedure that it runs.
        let of_ports = match &procedure.compiled {
            Stage::Constants(of_constants, constants) => {
                let constants = self.constants(constants).map_err(Failure::of_fault)?;
                let of_values =
                    self.loader.apply(of_constants, &constants).map_err(|error| self.failure(&error, printed))?;
                self.of_ports(&of_values, values, printed)?
            }
            Stage::Values(of_values) => self.of_ports(of_values, values, printed)?,
            Stage::Ports(of_ports) => Held::borrowed(of_ports.value()),
        };
        let arguments = vec![ports.input.clone(), ports.output.clone()];
        let result = self.loader.call(of_ports.value(), arguments).map_err(|error| self.failure(&error, printed))?;
        if self.session.is_cancelled() {
            return Err(Failure::Interrupted);
        }
        export(&result).map_err(Failure::of_fault)
    }

    /// Ports for a task: those of the last one, if nothing has kept them, since to make them costs as much as a small
    /// task.
    fn ports(&mut self, carrier: Rc<RefCell<dyn Ports>>) -> GivenPorts {
        match self.spare.take() {
            Some(spare) if spare.is_ours_alone() => {
                spare.task_ports.renew(carrier);
                spare
            }
            _ => {
                let task_ports = TaskPorts::new(carrier);
                let input = natives::wrap(Port::TaskInput(Rc::clone(&task_ports)));
                let output = natives::wrap(Port::TaskOutput(Rc::clone(&task_ports)));
                GivenPorts { task_ports, input, output }
            }
        }
    }

    /// The procedure of the ports that a procedure of the values makes of `values`.
    fn of_ports(&mut self, of_values: &Held, values: Vec<Value>, printed: &Printed) -> Result<Held, Failure> {
        let values = values.into_iter().map(|value| self.bring_in(value).map(Held::new));
        let values = values.collect::<Result<Vec<_>, _>>().map_err(Failure::of_fault)?;
        self.loader.apply(of_values, &values).map_err(|error| self.failure(&error, printed))
    }

    /// The failure that an error of Steel's is.
    fn failure(&self, error: &SteelErr, printed: &Printed) -> Failure {
        if self.session.is_cancelled() {
            return Failure::Interrupted;
        }
        let Some((payload, origin)) = fault::caught(error) else { return Failure::Interrupted };
        Failure::of(&payload, self.places(&origin, printed))
    }

    /// The places of a template where an error came from, innermost first.
    fn places(&self, Origin(spans): &Origin, printed: &Printed) -> Vec<u32> {
        let mut places = Vec::new();
        for span in spans {
            let own = span.source_id.is_some_and(|source| self.loader.is_source(source, &printed.text));
            let place = own.then(|| printed.source_offset(span.start)).flatten();
            // A call is reported by the instruction and again by its frame.
            if let Some(place) = place
                && places.last() != Some(&place)
            {
                places.push(place);
            }
        }
        places
    }

    /// Steel's value for `value`.
    fn bring_in(&mut self, value: Value) -> Result<SteelVal, Fault> {
        match import(&value, None) {
            Ok(value) => Ok(value),
            Err(Import::NeedsHeap) => self.in_heap(Box::new(move |make| {
                import(&value, Some(make)).unwrap_or_else(|error| loader::refusal(error.into_fault()))
            })),
            Err(Import::Refused(fault)) => Err(fault),
        }
    }

    /// Runs `work` where vectors can be made, and returns its value.
    fn in_heap(&mut self, work: HeapWork) -> Result<SteelVal, Fault> {
        self.session.heap_work.replace(Some(work));
        let value = self.loader.in_heap(&self.session)?;
        loader::accepted(value)
    }

    /// After a task that took so long: lets go of what it left behind. Returns by how many bytes the process has grown since
    /// the engine was made, where that was looked at and is much.
    pub(crate) fn tidy(&mut self, took: Duration) -> u64 {
        if !self.growth.is_due(took) {
            return 0;
        }
        let may_leave_chains = self.loader.sweep();
        let is_left = self.growth.settle();
        if may_leave_chains || is_left {
            self.try_replace();
        }
        if is_left { self.growth.bytes() } else { 0 }
    }

    /// Replaces the engine underneath, unless the table holds something that would be lost or changed with it, such as a
    /// procedure, or more than can be copied. Returns whether it did. To look takes its time where there is much in the table:
    /// the next look is due a while later.
    pub(crate) fn try_replace(&mut self) -> bool {
        let begun = Instant::now();
        if self.look_after.is_some_and(|then| begun < then) {
            return false;
        }
        let Entries { entries, bytes, is_lossy } = self.table_entries();
        let is_portable = !is_lossy && entries.iter().all(is_portable);
        self.look_after = begun.checked_add(begun.elapsed() * LOOK_FACTOR);
        if is_portable {
            self.replace_with(entries, bytes);
        }
        is_portable
    }

    /// Makes a new engine underneath: Steel keeps something of every template that it ever compiled, and after a panic
    /// nothing in it is certain. The table is copied, less the entries that hold procedures, records or ports, whose
    /// number is returned. Compiled templates stay good: they are compiled again when they are called.
    pub(crate) fn replace(&mut self) -> usize {
        let Entries { entries, bytes, .. } = self.table_entries();
        let total = entries.len();
        let entries: Vec<_> = entries.into_iter().filter(is_portable).collect();
        let lost = total - entries.len();
        self.replace_with(entries, bytes);
        lost
    }

    /// Makes a new engine underneath with these entries in the table, of so many bytes.
    fn replace_with(&mut self, entries: Vec<(Value, Value)>, bytes: u64) {
        self.generation += 1;
        self.spare = None;
        self.compiles = 0;
        self.loader = Loader::new();
        self.interrupter.aim(self.loader.controller());
        self.session.renew();
        self.table = natives::wrap(HashTable::by_equal());
        self.loader.set_table(&self.table);
        for (key, value) in entries {
            let entered = self.session.enter();
            let brought = self.bring_in(key).and_then(|key| {
                let key = Held::new(key);
                self.bring_in(value).map(|value| (key, value))
            });
            drop(entered);
            if let Ok((key, value)) = brought {
                // It was in a table before, so it is within the limits.
                let _ = natives::with_mut(&self.table, |table: &mut HashTable| table.set(key.value(), &value));
            }
        }
        self.growth.begin_anew(bytes);
    }

    /// What the table holds, as values of ours: opaque where it cannot travel, or is more than one value may be.
    fn table_entries(&self) -> Entries {
        let mut exporter = Exporter::that_notes_losses();
        let mut exported =
            |value: &SteelVal| exporter.value(value).unwrap_or_else(|_| Value::Opaque("too large".into()));
        let entries = self.table_content().iter().map(|(key, value)| (exported(key), exported(value))).collect();
        Entries { entries, bytes: exporter.bytes_made(), is_lossy: exporter.is_lossy() }
    }

    /// What the table holds. Copied out, so that nothing is borrowed while it is looked at.
    fn table_content(&self) -> Vec<(SteelVal, SteelVal)> {
        let content = natives::with(&self.table, |table: &HashTable| {
            table.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
        });
        content.unwrap_or_default()
    }

    /// How many entries the table has.
    #[cfg(test)]
    pub(crate) fn table_size(&self) -> usize {
        natives::with(&self.table, |table: &HashTable| table.iter().count()).unwrap_or(0)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("generation", &self.generation)
            .field("compiles", &self.compiles)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiled").field("text", &self.0.borrow().text).finish_non_exhaustive()
    }
}

/// Whether `value` contains what a task can change.
fn is_mutable(value: &Value) -> bool {
    value.any(&|part| matches!(part, Value::Vector(_) | Value::Bytes(_) | Value::F64Vector(_) | Value::Map(_)))
}

/// Whether an entry of the table holds nothing that belongs to one engine.
fn is_portable((key, value): &(Value, Value)) -> bool {
    let holds_opaque = |value: &Value| value.any(&|part| matches!(part, Value::Opaque(_)));
    !holds_opaque(key) && !holds_opaque(value)
}

/// What a panic said.
fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let said = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no words".to_owned())
}
