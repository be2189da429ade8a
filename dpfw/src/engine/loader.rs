//! [`Loader`], which gives Steel the procedures that templates name, and only those, when they first do.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    fmt,
};

use dpfw_syntax::Core;
use steel::{
    SteelErr, SteelVal,
    rerrs::ErrorKind,
    rvals::Custom,
    steel_vm::{ThreadStateController, engine::Engine as Steel, primitives},
};

use super::{
    fault::Fault,
    globals::Globals,
    held::Held,
    lexicon,
    natives::{self, Port, RecordType},
    prelude,
    print::{CONSTANT, ITSELF, Printed, VOID, print},
    session::Session,
    sweep::{count_slot, slot, sweep, sweep_if_due},
};

/// One Steel engine with what has been loaded into it.
pub(super) struct Loader {
    steel: Steel,
    globals: Globals,
    loaded: HashSet<String>,
    /// The boxes of the prelude's dynamic state, and what they hold before a task.
    state: HashMap<&'static str, (SteelVal, MakeState)>,
    table: Held,
    /// `(lambda () (%in-heap))`
    in_heap: Option<Held>,
    /// `(lambda () (sweep-all))`
    sweep: Option<Held>,
}

/// Makes what a box of the prelude's holds before a task.
type MakeState = fn() -> SteelVal;

/// The boxes that the prelude names.
const STATE: &[(&str, MakeState)] = &[
    ("%handlers", || SteelVal::ListV(Default::default())),
    ("%winders", || SteelVal::ListV(Default::default())),
    ("%depth", || SteelVal::IntV(0)),
    (BINDINGS, || SteelVal::ListV(Default::default())),
    (OUTPUT, || natives::wrap(Port::Print)),
    (INPUT, natives::no_input),
];
const BINDINGS: &str = "%bindings";
const OUTPUT: &str = "%output";
const INPUT: &str = "%input";

impl Loader {
    /// A Steel engine in which nothing has been loaded.
    pub(super) fn new() -> Self {
        let mut steel = Steel::new_raw_no_kernel();
        steel.register_value(VOID, SteelVal::Void);
        steel.register_value(ITSELF, SteelVal::FuncV(|args| Ok(args.first().cloned().unwrap_or(SteelVal::Void))));
        steel.register_value(CONSTANT, SteelVal::FuncV(constant));
        // Steel's compiler writes this where it calls a procedure of any number of arguments on the spot.
        if let Some(list) = natives::native("list") {
            steel.register_value("#%prim.#%const-list", (list.value)());
        }
        // In the last place of a procedure some instructions are calls after all.
        for (name, instruction) in Globals::instructions() {
            if let Some(native) = natives::native(name) {
                steel.register_value(instruction, (native.value)());
            }
        }
        Self {
            steel,
            globals: Globals::default(),
            loaded: HashSet::new(),
            state: HashMap::new(),
            table: Held::new(SteelVal::Void),
            in_heap: None,
            sweep: None,
        }
    }

    /// The slave's table, for `dpfw-slave-ht`.
    pub(super) fn set_table(&mut self, table: &SteelVal) {
        self.table = Held::new(table.clone());
    }

    /// What interrupts this engine.
    pub(super) fn controller(&self) -> ThreadStateController {
        self.steel.get_thread_state_controller()
    }

    /// Loads what `core` names and prints it.
    pub(super) fn print(&mut self, core: &Core, session: &Session) -> Result<Printed, Fault> {
        for name in prelude::needs(core) {
            self.load(&name, session)?;
        }
        Ok(print(core, &self.globals))
    }

    /// Evaluates a text of one expression, in the words that are printed here.
    pub(super) fn run(&mut self, text: &str) -> Result<SteelVal, SteelErr> {
        lexicon::check(text).map_err(|foreign| SteelErr::new(ErrorKind::Generic, foreign.to_string()))?;
        self.run_any(text.to_owned())
    }

    /// Evaluates a text as it is.
    pub(super) fn run_any(&mut self, text: String) -> Result<SteelVal, SteelErr> {
        // Procedures that Steel moves out of the expression come before its value.
        let values = self.steel.run(text)?;
        values
            .into_iter()
            .next_back()
            .ok_or_else(|| SteelErr::new(ErrorKind::Generic, "nothing to evaluate".to_owned()))
    }

    /// Calls a procedure of this engine's.
    pub(super) fn call(&mut self, procedure: &SteelVal, arguments: Vec<SteelVal>) -> Result<SteelVal, SteelErr> {
        self.steel.call_function_with_args(procedure.clone(), arguments)
    }

    /// Calls a procedure of this engine's that only makes another one.
    pub(super) fn apply(&mut self, procedure: &Held, arguments: &[Held]) -> Result<Held, SteelErr> {
        let arguments = arguments.iter().map(|argument| argument.value().clone()).collect();
        self.call(procedure.value(), arguments).map(Held::new)
    }

    /// Whether `source` is the text `text`.
    pub(super) fn is_source(&self, source: steel::parser::parser::SourceId, text: &str) -> bool {
        self.steel.get_source(&source).is_some_and(|found| found.as_ref() == text)
    }

    /// Runs the session's heap work.
    pub(super) fn in_heap(&mut self, session: &Session) -> Result<SteelVal, Fault> {
        let broken = |error: SteelErr| Fault::misuse(error.to_string());
        if self.in_heap.is_none() {
            self.load("%in-heap", session)?;
            let text = format!("(lambda () ({}))", self.globals.value_name("%in-heap"));
            let procedure = self.run(&text).map_err(broken)?;
            self.in_heap = Some(Held::new(procedure));
        }
        let procedure = self.in_heap.as_ref().map_or(SteelVal::Void, |held| held.value().clone());
        self.call(&procedure, Vec::new()).map_err(broken)
    }

    /// Sets the prelude's dynamic state back, whatever the last task left there.
    pub(super) fn reset_state(&mut self) {
        for (cell, initial) in self.state.values() {
            if let Some(cell) = cell.as_box() {
                cell.set_and_return(initial());
            }
        }
    }

    /// Lets go of what dead boxes and vectors still hold. Returns whether chains of them may be left.
    pub(super) fn sweep(&mut self) -> bool {
        if self.sweep.is_none() {
            self.steel.register_value(SWEEP, sweep_native());
            self.sweep = self.run("(lambda () (sweep-all))").ok().map(Held::new);
        }
        let Some(sweep) = self.sweep.as_ref().map(|sweep| sweep.value().clone()) else { return false };
        // It fails only if it is interrupted, and is due again then.
        matches!(self.call(&sweep, Vec::new()), Ok(SteelVal::BoolV(true)))
    }

    /// Gives Steel the procedure called `name` and all that it needs.
    fn load(&mut self, name: &str, session: &Session) -> Result<(), Fault> {
        if !self.loaded.insert(name.to_owned()) {
            return Ok(());
        }
        if let Some(native) = natives::native(name) {
            self.register(name, (native.value)());
            return Ok(());
        }
        if let Some((name, initial)) = STATE.iter().find(|(state, _)| *state == name) {
            return self.load_state(name, *initial, session);
        }
        if let Some(entry) = prelude::entry(name) {
            // Numbered before it is printed, since it may call itself.
            let global = self.globals.define(name);
            let Printed { text, constants, .. } = self.print(entry.core(), session)?;
            debug_assert!(constants.is_empty(), "{name} has constants that cannot be written");
            return self.define(&global, &text);
        }
        if let Some((number, arity)) = session.natives.find(name) {
            self.load("%call-user", session)?;
            let call = self.globals.value_name("%call-user");
            let parameters: String = (0..arity.min).map(|index| format!(" v{index}")).collect();
            let global = self.globals.define(name);
            return self.define(&global, &format!("(lambda ({parameters}) ({call} {number}{parameters}))"));
        }
        match name {
            "%slave-table" => self.register(name, self.table.value().clone()),
            "%promise-type" => self.register(name, natives::wrap(RecordType::new("promise"))),
            "%box" => self.register(name, box_native()),
            "%unbox" | "%set-box!" => self.load_box(name)?,
            _ => {
                let value = borrowed(name).ok_or_else(|| Fault::misuse(format!("{name} is not offered here")))?;
                self.register(name, value);
            }
        }
        Ok(())
    }

    fn register(&mut self, name: &str, value: SteelVal) {
        let global = self.globals.define(name);
        self.steel.register_value(&global, value);
    }

    fn define(&mut self, global: &str, text: &str) -> Result<(), Fault> {
        let broken = |error: &dyn fmt::Display| Fault::misuse(format!("{global} does not compile: {error}"));
        lexicon::check(text).map_err(|foreign| broken(&foreign))?;
        self.run_any(format!("(define {global} {text})")).map(drop).map_err(|error| broken(&error))
    }

    fn load_state(&mut self, name: &'static str, initial: fn() -> SteelVal, session: &Session) -> Result<(), Fault> {
        self.load("%box", session)?;
        let text = format!("({} #f)", self.globals.value_name("%box"));
        let cell = self.run(&text).map_err(|error| Fault::misuse(error.to_string()))?;
        let place = match name {
            OUTPUT => Some(&session.output),
            INPUT => Some(&session.input),
            BINDINGS => Some(&session.bindings),
            _ => None,
        };
        if let Some(place) = place {
            place.replace(Some(cell.clone()));
        }
        // Registered at once: until then nothing keeps the box.
        self.register(name, cell.clone());
        if let Some(cell) = cell.as_box() {
            cell.set_and_return(initial());
        }
        self.state.insert(name, (cell, initial));
        Ok(())
    }

    /// The instructions on boxes as procedures, for who uses their names as values.
    fn load_box(&mut self, name: &str) -> Result<(), Fault> {
        let global = self.globals.define(name);
        let text = match name {
            "%unbox" => "(lambda (v0) (#%prim.unbox v0))",
            _ => &format!("(lambda (v0 v1) (begin (#%prim.set-box! v0 v1) {VOID}))"),
        };
        self.define(&global, text)
    }
}

/// The item of a list of constants; no program can name this.
fn constant(args: &[SteelVal]) -> Result<SteelVal, SteelErr> {
    let item = match args {
        [SteelVal::ListV(constants), SteelVal::IntV(index)] => {
            usize::try_from(*index).ok().and_then(|index| constants.get(index).cloned())
        }
        _ => None,
    };
    item.ok_or_else(|| SteelErr::new(ErrorKind::Generic, "there is no such constant".to_owned()))
}

/// The procedure that sweeps, which no program can name.
pub(super) const SWEEP: &str = "sweep-all";

/// Makes a box. Steel has an instruction for that, which would not sweep.
fn box_native() -> SteelVal {
    SteelVal::BuiltIn(|context, args| {
        sweep_if_due(args, |slots, value| slot!(context, slots, value));
        count_slot();
        Some(Ok(context.make_box(args.first().cloned().unwrap_or(SteelVal::Void))))
    })
}

/// Sweeps, and returns whether chains are left.
fn sweep_native() -> SteelVal {
    SteelVal::BuiltIn(|context, _| {
        let swept = sweep(|slots, value| slot!(context, slots, value));
        Some(Ok(SteelVal::BoolV(swept.may_leave_chains())))
    })
}

/// The procedures of Steel's that touch its stack, which no other crate can write.
fn borrowed(name: &str) -> Option<SteelVal> {
    match name {
        "apply" => primitives::LIST_MODULE.with(|module| module.try_get("apply".to_owned())),
        "%call/cc" => primitives::META_MODULE.with(|module| module.try_get("call/cc".to_owned())),
        "%with-handler" => {
            primitives::META_MODULE.with(|module| module.try_get("call-with-exception-handler".to_owned()))
        }
        _ => None,
    }
}

/// Whether the loader makes `name` by itself.
#[cfg(test)]
pub(super) fn is_special(name: &str) -> bool {
    matches!(name, "%box" | "%unbox" | "%set-box!" | "apply")
}

/// Stands for the value that heap work could not make.
#[derive(Debug)]
struct Refusal(RefCell<Option<Fault>>);

impl Custom for Refusal {}

/// The value that stands for `fault`.
pub(super) fn refusal(fault: Fault) -> SteelVal {
    natives::wrap(Refusal(RefCell::new(Some(fault))))
}

/// The value that heap work made.
pub(super) fn accepted(value: SteelVal) -> Result<SteelVal, Fault> {
    let refused = natives::with(&value, |refusal: &Refusal| refusal.0.take());
    refused.flatten().map_or(Ok(value), Err)
}
