//! The expander: from the data of a program to expressions over resolved variables, reporting every mistake on the way.

mod application;
mod binding;
mod body;
mod conditional;
mod control;
mod environment;
mod excerpt;
mod expression;
mod formals;
mod macros;
mod pattern;
mod quotation;
mod record;
mod template;
pub(crate) mod tree;
mod values;

pub(crate) use self::application::no_procedure;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use self::{
    environment::{Environment, Environments, Meaning},
    tree::{Expr, Variable, VariableId},
};
use crate::{
    Arity, Datum, Name, Span, SyntaxError,
    stack::recurse,
    vocabulary::{form, forms, is_internal, nearest, procedure, procedures, remedy},
};

/// The state of one expansion.
pub(crate) struct Expander<'e> {
    pub(crate) variables: Vec<Variable>,
    errors: Vec<SyntaxError>,
    /// The uses of macros, which what they expand to has as its place, with their keywords.
    uses: HashMap<Span, Arc<str>>,
    /// What was said about expansions: the same mistake of a macro is reported at one of its uses.
    said: HashSet<String>,
    environments: Environments,
    /// Procedures that only some slaves offer.
    externs: &'e HashMap<Arc<str>, Arity>,
    /// Whether names that nothing binds are passed over, since a mistake may have kept them from being bound.
    ignores_unbound: bool,
    /// Whether the program is ours and may name internal procedures.
    is_internal: bool,
    /// Nodes that macros may still visit or make.
    budget_left: u32,
    /// Mistakes that may still be made, the same one of a macro counted at each of its uses.
    mistakes_left: u32,
    /// Names that unbound ones may still be compared with.
    comparisons_left: usize,
    depth: u32,
}

impl<'e> Expander<'e> {
    pub(crate) fn new(externs: &'e HashMap<Arc<str>, Arity>, is_internal: bool) -> Self {
        Self {
            variables: Vec::new(),
            errors: Vec::new(),
            uses: HashMap::new(),
            said: HashSet::new(),
            environments: Environments::default(),
            externs,
            ignores_unbound: false,
            is_internal,
            budget_left: EXPANSION_BUDGET,
            mistakes_left: MISTAKES_MAX,
            comparisons_left: COMPARISONS_MAX,
            depth: 0,
        }
    }

    /// The variables of the program, and its mistakes.
    pub(crate) fn into_parts(self) -> (Vec<Variable>, Vec<SyntaxError>) {
        (self.variables, self.errors)
    }

    /// An expression outside of everything.
    pub(crate) fn global_expression(&mut self, datum: &Datum) -> Expr {
        self.expression(datum, Environment::GLOBAL)
    }

    /// How many arguments the procedure that slaves offer as `name` takes.
    pub(crate) fn offered(&self, name: &str) -> Option<Arity> {
        if let Some(arity) = self.externs.get(name) {
            return Some(*arity);
        }
        Some(procedure(name)?.arity)
    }

    /// Whether there are so many mistakes that nobody will read about more.
    pub(crate) fn is_hopeless(&self) -> bool {
        self.mistakes_left == 0
    }

    pub(crate) fn error(&mut self, mut error: SyntaxError) {
        if self.is_hopeless() {
            return;
        }
        self.mistakes_left -= 1;
        if self.is_hopeless() {
            self.budget_left = 0;
        }
        if let Some(keyword) = self.uses.get(&error.span) {
            error.message += &format!(", in the expansion of `{keyword}`");
            if !self.said.insert(error.message.clone()) {
                return;
            }
        }
        self.record(error);
    }

    /// Reports a mistake in the words of the program itself.
    fn record(&mut self, error: SyntaxError) {
        if self.errors.len() < ERRORS_MAX {
            self.errors.push(error);
        }
    }

    /// Reports a mistake; the result stands for the expression that is none.
    fn poison(&mut self, span: Span, message: impl Into<String>) -> Expr {
        self.error(SyntaxError::new(span, message));
        Expr::poison(span)
    }

    fn poison_with_help(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) -> Expr {
        self.error(SyntaxError::new(span, message).with_help(help));
        Expr::poison(span)
    }

    /// Reports that a form is not written as `shape` says.
    fn malformed(&mut self, span: Span, shape: &str) -> Expr {
        let name = shape.trim_start_matches('(').split([' ', ')']).next().unwrap_or_default();
        self.poison(span, format!("malformed {name}: expected {shape}"))
    }

    /// Runs `work` one level deeper, on more stack where that is needed.
    fn nested(&mut self, span: Span, work: impl FnOnce(&mut Self) -> Expr) -> Expr {
        if self.depth >= EXPANSION_DEPTH_MAX {
            return self.too_deep(span);
        }
        self.depth += 1;
        let expr = recurse(|| work(self));
        self.depth -= 1;
        expr
    }

    fn too_deep(&mut self, span: Span) -> Expr {
        // Macros that have come here would otherwise go on elsewhere at this depth, where every name is searched in
        // thousands of scopes.
        self.budget_left = 0;
        let message = format!("this nests too deeply: more than {EXPANSION_DEPTH_MAX} levels");
        self.poison_with_help(span, message, "name parts of it with define, or make it a loop over data")
    }

    /// Takes `nodes` from the budget of macros; false, once reported, when it is used up.
    fn spend(&mut self, nodes: usize, span: Span) -> bool {
        if self.budget_left == 0 {
            return false;
        }
        let nodes = u32::try_from(nodes).unwrap_or(u32::MAX);
        self.budget_left = self.budget_left.saturating_sub(nodes);
        if self.budget_left == 0 {
            let message = format!("macros expand without end: more than {EXPANSION_BUDGET} nodes visited or made");
            self.poison_with_help(span, message, "a rule must use its macro on less than it was given");
        }
        self.budget_left > 0
    }

    /// Whether what stands there is not in the text but was made by a macro.
    fn is_made_by_macro(&self, span: Span) -> bool {
        self.uses.contains_key(&span)
    }

    fn new_variable(&mut self, name: &Arc<str>) -> VariableId {
        let id = u32::try_from(self.variables.len()).expect("limits of source and expansion bound the variables");
        self.variables.push(Variable { name: Arc::clone(name), assigned: false });
        VariableId(id)
    }

    /// A variable for the expander's own use.
    fn temporary(&mut self) -> VariableId {
        self.new_variable(&"temporary".into())
    }

    fn meaning(&self, name: &Name, environment: Environment) -> Meaning {
        if let Some(binding) = self.environments.binding(name, environment) {
            return Meaning::Bound(binding.clone());
        }
        let text = &name.text;
        if let Some(form) = form(text) {
            return Meaning::Form(form);
        }
        if self.is_nameable(text) { Meaning::Procedure(Arc::clone(text)) } else { Meaning::Unbound(Arc::clone(text)) }
    }

    fn is_nameable(&self, text: &str) -> bool {
        // The engine's own definitions name procedures that no table lists; the engine knows them.
        if is_internal(text) { self.is_internal } else { self.offered(text).is_some() }
    }

    /// Reports a name that nothing has bound; `message` is for names that mean nothing to anybody, and `help` for those
    /// that are like no other.
    fn unbound(
        &mut self,
        name: &Name,
        span: Span,
        environment: Environment,
        message: String,
        help: Option<String>,
    ) -> Expr {
        let text = &name.text;
        if self.ignores_unbound {
            return Expr::poison(span);
        }
        if is_internal(text) {
            return self.poison(span, format!("`{text}` is a reserved name: programs cannot use what begins with `%`"));
        }
        if let Some(remedy) = remedy(text) {
            return self.poison_with_help(span, format!("tasks have no `{text}`"), remedy);
        }
        let near = self.near(text, environment);
        let help = near.map(|near| format!("did you mean `{near}`?")).or(help);
        self.error(SyntaxError { span, message, help });
        Expr::poison(span)
    }

    /// The name that an unbound one was probably meant to be.
    fn near(&mut self, text: &str, environment: Environment) -> Option<String> {
        if self.errors.len() >= ERRORS_MAX || self.comparisons_left == 0 {
            return None;
        }
        let mut candidates: Vec<&str> = self.environments.texts(environment).collect();
        let mut externs: Vec<&str> = self.externs.keys().map(|name| &**name).collect();
        externs.sort_unstable();
        candidates.append(&mut externs);
        candidates.extend(procedures().iter().map(|procedure| procedure.name).filter(|name| !is_internal(name)));
        forms().for_each(|name| candidates.push(name));
        let count = candidates.len();
        let near = nearest(text, candidates).map(str::to_owned);
        self.comparisons_left = self.comparisons_left.saturating_sub(count);
        near
    }
}

/// Expressions may nest so deeply, expansions of macros counted.
const EXPANSION_DEPTH_MAX: u32 = 3_000;

/// Macros may visit or make so many nodes in one task. An endless or exponential one runs into this within two seconds,
/// even where Cargo builds the macros of Rust without optimisation.
const EXPANSION_BUDGET: u32 = 1_000_000;

/// Text of so many bytes counts as a node.
const BYTES_PER_NODE: usize = 16;

/// Further mistakes in one task are not reported.
const ERRORS_MAX: usize = 100;

/// After so many mistakes nothing more is expanded.
const MISTAKES_MAX: u32 = 10_000;

/// As many as hundreds of searches take in a program with few names of its own.
const COMPARISONS_MAX: usize = 250_000;
