//! Compilation: from the datum of a program to core, with every mistake reported.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use crate::{
    Arity, Core, CoreKind, Datum, DatumKind, Lambda, Local, Lowered, Span, SyntaxError, TemplateHash,
    admit::{CORE_DEPTH_MAX, CORE_NODES_MAX},
    boxes::{Boxes, TooDeep},
    check::check,
    effort::{EFFORT_MAX, effort},
    expand::{
        Expander,
        tree::{Expr, Variable},
    },
    lower::CoreText,
    stack::with_room,
    vocabulary::{Taken, taken},
};

/// What a task's compilation may assume, and how it is to go.
#[derive(Debug, Clone, Default)]
pub struct CompileOptions {
    /// Procedures that only some slaves offer.
    pub externs: Vec<Extern>,
    /// Whether strings, quoted data and big numbers become values of the task, so that programs that differ in them
    /// alone share a template. Loops over such constants get a little slower.
    pub lift_literals: bool,
}

/// A procedure that the slave's program is said to offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extern {
    /// Its name.
    pub name: Arc<str>,
    /// The least number of arguments.
    pub min: u16,
    /// The greatest; any when `None`.
    pub max: Option<u16>,
    /// Where it was declared.
    pub span: Span,
}

/// Compiles `(lambda (i o) body …)` with `splices` values of Rust in it.
///
/// # Errors
///
/// All mistakes at once, in the order of the text.
pub fn compile_task(task: &Datum, splices: u32, options: &CompileOptions) -> Result<Lowered, Vec<SyntaxError>> {
    with_room(|| compile_task_here(task, splices, options))
}

fn compile_task_here(task: &Datum, splices: u32, options: &CompileOptions) -> Result<Lowered, Vec<SyntaxError>> {
    let mut errors = Vec::new();
    let externs = declared(&options.externs, &mut errors);
    let mut expander = Expander::new(&externs, false);
    let expr = expander.task(task);
    check(&expr, &mut expander);
    let (variables, more) = expander.into_parts();
    errors.extend(more);
    if splices > HOLES_MAX {
        errors.push(SyntaxError::new(task.span, format!("a task takes at most {HOLES_MAX} splices")));
    }
    if errors.is_empty() {
        return lower(&expr, &variables, task.span, splices, options).map_err(|error| vec![error]);
    }
    errors.sort_by(|left, right| left.span.cmp(&right.span).then_with(|| left.message.cmp(&right.message)));
    errors.dedup();
    Err(errors)
}

/// Compiles a definition of the slave's own: `(define (name . parameters) body …)`, where internal procedures may be
/// named.
///
/// # Errors
///
/// All mistakes at once, in the order of the text.
pub fn compile_procedure(definition: &Datum) -> Result<(Arc<str>, Core), Vec<SyntaxError>> {
    with_room(|| compile_procedure_here(definition))
}

fn compile_procedure_here(definition: &Datum) -> Result<(Arc<str>, Core), Vec<SyntaxError>> {
    let externs = HashMap::new();
    let mut expander = Expander::new(&externs, true);
    let (name, expr) = expander.global_definition(definition);
    check(&expr, &mut expander);
    let (variables, mut errors) = expander.into_parts();
    if !errors.is_empty() {
        errors.sort_by_key(|error| error.span);
        return Err(errors);
    }
    let core = Boxes::new(&expr, &variables, 0, 0, CORE_DEPTH_MAX).core(&expr).map_err(|error| vec![error.into()])?;
    Ok((name, core))
}

fn lower(
    expr: &Expr,
    variables: &[Variable],
    span: Span,
    splices: u32,
    options: &CompileOptions,
) -> Result<Lowered, SyntaxError> {
    let lifts_max = if options.lift_literals { LIFTS_MAX.min(HOLES_MAX - splices) } else { 0 };
    let mut boxes = Boxes::new(expr, variables, splices, lifts_max, CORE_DEPTH_MAX);
    let holes = boxes.holes();
    let remote = boxes.core(expr)?;
    let outer = Lambda { params: (0..holes).map(Local).collect(), rest: None, body: Box::new(remote) };
    let template = Core { kind: CoreKind::Lambda(outer), span };
    let CoreText { text, map, globals, depth_reached, nodes, .. } = CoreText::of(&template);
    if depth_reached > CORE_DEPTH_MAX {
        return Err(TooDeep(span).into());
    }
    if nodes > CORE_NODES_MAX || text.len() > TEXT_BYTES_MAX {
        let message =
            format!("this is too large: more than {CORE_NODES_MAX} nodes or {TEXT_BYTES_MAX} bytes once expanded");
        return Err(SyntaxError::new(span, message).with_help("splice large data, or send them over the task's ports"));
    }
    if effort(&template) > EFFORT_MAX {
        let message = "this takes too long to compile: too many procedures see too many variables";
        let help = "send it as several tasks, or give procedures what they need as arguments";
        return Err(SyntaxError::new(span, message).with_help(help));
    }
    let mentioned: BTreeSet<_> = globals.into_iter().collect();
    let is_extern = |name: &&Arc<str>| options.externs.iter().any(|declared| declared.name == **name);
    Ok(Lowered {
        hash: TemplateHash::of(&text),
        text,
        map,
        holes,
        lifted: boxes.into_lifted(),
        externs: mentioned.iter().filter(is_extern).map(ToString::to_string).collect(),
    })
}

fn declared(externs: &[Extern], errors: &mut Vec<SyntaxError>) -> HashMap<Arc<str>, Arity> {
    let mut arities = HashMap::new();
    for Extern { name, min, max, span } in externs {
        let mistake = match taken(name) {
            Some(Taken::Reserved) => Some("is a reserved name"),
            Some(Taken::Keyword) => Some("is a keyword"),
            Some(Taken::Offered) => Some("is offered by every slave and needs no declaration"),
            None if max.is_some_and(|max| max < *min) => Some("takes at most fewer arguments than at least"),
            None => {
                let before = arities.insert(Arc::clone(name), Arity::new(*min, *max));
                before.map(|_| "is declared twice")
            }
        };
        if let Some(mistake) = mistake {
            errors.push(SyntaxError::new(*span, format!("`{name}` {mistake}")));
        }
    }
    arities
}

impl Expander<'_> {
    /// The remote procedure of a task.
    fn task(&mut self, task: &Datum) -> Expr {
        let is_lambda = task
            .as_list()
            .and_then(<[Datum]>::first)
            .and_then(Datum::as_name)
            .is_some_and(|name| matches!(&*name.text, "lambda" | "λ"));
        let Some([_, formals, _, ..]) = task.as_list().filter(|_| is_lambda) else {
            let error = SyntaxError::new(task.span, "a remote task is a procedure of two ports");
            self.error(error.with_help("write (lambda (i o) body …)"));
            // What else is wrong with it is worth knowing only if it is meant to be that procedure.
            return if is_lambda { self.global_expression(task) } else { Expr::poison(task.span) };
        };
        let count = match &formals.kind {
            DatumKind::List(items) if items.len() == 2 => None,
            DatumKind::List(items) => Some(items.len().to_string()),
            DatumKind::Dotted(items, _) => Some(format!("{} or more", items.len())),
            DatumKind::Symbol(_) => Some("any number".into()),
            _ => None,
        };
        if let Some(count) = count {
            let message = format!("a remote task takes two parameters (input port, output port), this has {count}");
            self.error(SyntaxError::new(formals.span, message).with_help("write (lambda (i o) body …)"));
        }
        self.global_expression(task)
    }

    /// The name and the procedure of `(define (name . parameters) body …)`.
    fn global_definition(&mut self, definition: &Datum) -> (Arc<str>, Expr) {
        let span = definition.span;
        let symbol = |text: &str| Datum::symbol(text, span);
        if let Some([define, target, body @ ..]) = definition.as_list()
            && define.as_name().is_some_and(|name| &*name.text == "define")
        {
            let (head, formals) = match &target.kind {
                DatumKind::List(items) if !items.is_empty() => (&items[0], DatumKind::List(items[1..].to_vec())),
                DatumKind::Dotted(items, tail) if items.len() == 1 => (&items[0], tail.kind.clone()),
                DatumKind::Dotted(items, tail) => (&items[0], DatumKind::Dotted(items[1..].to_vec(), tail.clone())),
                _ => (target, DatumKind::Void),
            };
            if let Some(name) = head.as_name() {
                let value = match (formals, body) {
                    (DatumKind::Void, [value]) => value.clone(),
                    (formals, body) => {
                        let mut parts = vec![symbol("lambda"), Datum::new(formals, target.span)];
                        parts.extend_from_slice(body);
                        Datum::new(DatumKind::List(parts), span)
                    }
                };
                return (Arc::clone(&name.text), self.global_expression(&value));
            }
        }
        self.error(SyntaxError::new(span, "malformed define: expected (define (name parameter …) body …)"));
        ("".into(), Expr::poison(span))
    }
}

impl From<TooDeep> for SyntaxError {
    fn from(TooDeep(span): TooDeep) -> Self {
        let message = format!("this nests too deeply: more than {CORE_DEPTH_MAX} levels once expanded");
        Self::new(span, message).with_help("name parts of it with define, or make it a loop over data")
    }
}

/// A template takes at most so many values, constants that became values counted.
pub(crate) const HOLES_MAX: u32 = 1_000;

/// So many constants at most become values: each more makes every procedure of the template slower to compile.
const LIFTS_MAX: u32 = 100;

/// A template has at most so many bytes: half of what positions in it could count.
const TEXT_BYTES_MAX: usize = 1 << 31;
