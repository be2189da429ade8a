//! From expanded expressions to core: variables that change, or are referred to before they are defined, move into
//! boxes.

use std::{collections::HashMap, sync::Arc};

use crate::{
    Core, CoreKind, Datum, DatumKind, Local, Number, Span,
    core::Lambda,
    expand::tree::{self, Expr, Item, Node, Variable, VariableId},
    order::{Order, Reach, is_inert, orders},
    stack::recurse,
};

/// How the value of a variable is reached.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// The local is the value.
    Plain(Local),
    /// The local is a box with the value.
    Boxed(Local),
    /// The local is a box that may be read before it was filled.
    Unsure(Local),
}

/// The making of one program's core.
///
/// Locals are numbered in the order in which the text of the core binds them, so everything here is made in the order
/// in which it will be written.
pub(crate) struct Boxes<'v> {
    variables: &'v [Variable],
    orders: HashMap<VariableId, Order>,
    places: HashMap<VariableId, Place>,
    next: u32,
    /// The holes for constants, as a range of locals.
    lifts: std::ops::Range<u32>,
    lifted: Vec<Datum>,
    depth: u32,
    depth_max: u32,
}

/// Core would nest deeper than its limit.
#[derive(Debug)]
pub(crate) struct TooDeep(pub(crate) Span);

impl<'v> Boxes<'v> {
    /// For a program with `holes`, of whose constants at most `lifts_max` become holes too.
    pub(crate) fn new(expr: &Expr, variables: &'v [Variable], holes: u32, lifts_max: u32, depth_max: u32) -> Self {
        let liftable = if lifts_max == 0 { 0 } else { count_liftable(expr).min(lifts_max) };
        Self {
            variables,
            orders: orders(expr),
            places: HashMap::new(),
            next: holes + liftable,
            lifts: holes..holes + liftable,
            lifted: Vec::new(),
            depth: 0,
            depth_max,
        }
    }

    /// How many locals stand for values of the task.
    pub(crate) fn holes(&self) -> u32 {
        self.lifts.end
    }

    /// The constants that fill the last holes.
    pub(crate) fn into_lifted(self) -> Vec<Datum> {
        self.lifted
    }

    pub(crate) fn core(&mut self, expr: &Expr) -> Result<Core, TooDeep> {
        self.nested(expr.span, |this| this.core_here(expr))
    }

    fn nested(&mut self, span: Span, work: impl FnOnce(&mut Self) -> Result<Core, TooDeep>) -> Result<Core, TooDeep> {
        if self.depth >= self.depth_max {
            return Err(TooDeep(span));
        }
        self.depth += 1;
        let core = recurse(|| work(self));
        self.depth -= 1;
        core
    }

    fn core_here(&mut self, expr: &Expr) -> Result<Core, TooDeep> {
        let span = expr.span;
        let kind = match &expr.node {
            Node::Quote { datum, liftable } => {
                if *liftable && is_lifted(datum) && self.lifts.start < self.lifts.end {
                    let hole = Local(self.lifts.start);
                    self.lifts.start += 1;
                    self.lifted.push(datum.clone());
                    CoreKind::Local(hole)
                } else {
                    CoreKind::Quote(datum.clone())
                }
            }
            Node::Hole(hole) => CoreKind::Local(Local(*hole)),
            Node::Variable(id) => return Ok(self.read(*id, span)),
            Node::Procedure(name) => CoreKind::Global(Arc::clone(name)),
            Node::Lambda(lambda) => return self.lambda(lambda, span),
            Node::CaseLambda(lambdas) => return self.case_lambda(lambdas, span),
            Node::If(test, then, otherwise) => {
                CoreKind::If(Box::new(self.core(test)?), Box::new(self.core(then)?), Box::new(self.core(otherwise)?))
            }
            Node::Begin(exprs) => {
                return Ok(Core::begin(exprs.iter().map(|expr| self.core(expr)).collect::<Result<_, _>>()?, span));
            }
            Node::Call(operator, operands) => match &operator.node {
                Node::Lambda(lambda) => return self.immediate(lambda, operands, span),
                _ => {
                    let operator = self.core(operator)?;
                    let operands = operands.iter().map(|operand| self.core(operand)).collect::<Result<_, _>>()?;
                    CoreKind::Call(Box::new(operator), operands)
                }
            },
            Node::Assign(id, value) => {
                let (Place::Plain(local) | Place::Boxed(local) | Place::Unsure(local)) = self.places[id];
                let operands = vec![Core::local(local, span), self.core(value)?];
                return Ok(Core::offered("%set-box!", operands, span));
            }
            Node::Body(items, value) => return self.body(items, value, span),
            Node::Poison => unreachable!("a program with a mistake in it has no core"),
        };
        Ok(Core { kind, span })
    }

    fn read(&self, id: VariableId, span: Span) -> Core {
        match self.places[&id] {
            Place::Plain(local) => Core::local(local, span),
            Place::Boxed(local) => Core::offered("%unbox", vec![Core::local(local, span)], span),
            Place::Unsure(local) => {
                let name = Datum::symbol(Arc::clone(&self.variables[id.0 as usize].name), span);
                Core::offered("%checked-unbox", vec![Core::local(local, span), Core::quote(name)], span)
            }
        }
    }

    fn fresh(&mut self) -> Local {
        let local = Local(self.next);
        self.next += 1;
        local
    }

    fn is_assigned(&self, id: VariableId) -> bool {
        self.variables[id.0 as usize].assigned
    }

    /// A procedure; parameters that are assigned move into boxes first.
    fn lambda(&mut self, lambda: &tree::Lambda, span: Span) -> Result<Core, TooDeep> {
        let params: Vec<_> = lambda.params.iter().map(|id| self.parameter(*id)).collect();
        let rest = lambda.rest.map(|id| self.parameter(id));
        let assigned: Vec<_> =
            lambda.params.iter().copied().chain(lambda.rest).filter(|id| self.is_assigned(*id)).collect();
        let body = if assigned.is_empty() {
            self.core(&lambda.body)?
        } else {
            let values: Vec<_> =
                assigned.iter().map(|id| Core::offered("%box", vec![self.read(*id, span)], span)).collect();
            let boxes: Vec<_> = assigned.iter().map(|id| self.boxed(*id)).collect();
            let body = self.core(&lambda.body)?;
            Core::immediate(boxes, body, values, span)
        };
        Ok(Core { kind: CoreKind::Lambda(Lambda { params, rest, body: Box::new(body) }), span })
    }

    fn parameter(&mut self, id: VariableId) -> Local {
        let local = self.fresh();
        self.places.insert(id, Place::Plain(local));
        local
    }

    fn boxed(&mut self, id: VariableId) -> Local {
        let local = self.fresh();
        self.places.insert(id, Place::Boxed(local));
        local
    }

    /// Binds a variable whose value is at hand: in a box if it changes.
    fn bound(&mut self, id: VariableId) -> Local {
        if self.is_assigned(id) { self.boxed(id) } else { self.parameter(id) }
    }

    /// The value to bind with [`Self::bound`].
    fn value(&mut self, id: VariableId, value: &Expr) -> Result<Core, TooDeep> {
        let core = self.core(value)?;
        let span = core.span;
        Ok(if self.is_assigned(id) { Core::offered("%box", vec![core], span) } else { core })
    }

    /// The call of a `lambda` where it stands.
    fn immediate(&mut self, lambda: &tree::Lambda, operands: &[Expr], span: Span) -> Result<Core, TooDeep> {
        let mut locals: Vec<_> = lambda.params.iter().map(|id| self.bound(*id)).collect();
        locals.extend(lambda.rest.map(|id| self.bound(id)));
        let body = self.core(&lambda.body)?;
        if locals.is_empty() {
            return Ok(body);
        }
        let mut values = Vec::with_capacity(locals.len());
        for (id, operand) in lambda.params.iter().zip(operands) {
            values.push(self.value(*id, operand)?);
        }
        if let Some(rest) = lambda.rest {
            let others = operands.iter().skip(lambda.params.len()).map(|operand| self.core(operand));
            let list = Core::offered("list", others.collect::<Result<_, _>>()?, span);
            values.push(if self.is_assigned(rest) { Core::offered("%box", vec![list], span) } else { list });
        }
        Ok(Core::immediate(locals, body, values, span))
    }

    /// A procedure that takes all arguments as a list and chooses by its length.
    fn case_lambda(&mut self, lambdas: &[tree::Lambda], span: Span) -> Result<Core, TooDeep> {
        if let [only] = lambdas {
            return self.lambda(only, span);
        }
        let arguments = self.fresh();
        let count = self.fresh();
        let body = self.cases(lambdas, arguments, count, span)?;
        let length = Core::offered("length", vec![Core::local(arguments, span)], span);
        let body = Core::immediate(vec![count], body, vec![length], span);
        let lambda = Lambda { params: Vec::new(), rest: Some(arguments), body: Box::new(body) };
        Ok(Core { kind: CoreKind::Lambda(lambda), span })
    }

    fn cases(&mut self, lambdas: &[tree::Lambda], arguments: Local, count: Local, span: Span) -> Result<Core, TooDeep> {
        let Some((lambda, others)) = lambdas.split_first() else {
            return Ok(Core::offered("%case-lambda-error", vec![Core::local(arguments, span)], span));
        };
        let compare = if lambda.rest.is_some() { ">=" } else { "=" };
        let wanted = Datum::new(DatumKind::Number(Number::from(lambda.params.len() as u64)), span);
        let test = Core::offered(compare, vec![Core::local(count, span), Core::quote(wanted)], span);
        let chosen = vec![self.lambda(lambda, span)?, Core::local(arguments, span)];
        let chosen = Core::offered("apply", chosen, span);
        let others = self.nested(span, |this| this.cases(others, arguments, count, span))?;
        Ok(Core { kind: CoreKind::If(Box::new(test), Box::new(chosen), Box::new(others)), span })
    }

    /// Definitions and expressions in order: boxes for what is referred to early around all, plain bindings inside.
    fn body(&mut self, items: &[Item], value: &Expr, span: Span) -> Result<Core, TooDeep> {
        let mut boxes = Vec::new();
        let mut contents = Vec::new();
        for item in items {
            let Item::Define(id, _) = item else {
                continue;
            };
            let reach = self.orders[id].reach;
            if reach == Reach::Later {
                continue;
            }
            let local = self.fresh();
            boxes.push(local);
            let (place, content) = match reach {
                Reach::Unsure => (Place::Unsure(local), Core::offered("%unassigned", Vec::new(), span)),
                _ => (Place::Boxed(local), Core::quote(Datum::new(DatumKind::Bool(false), span))),
            };
            self.places.insert(*id, place);
            contents.push(Core::offered("%box", vec![content], span));
        }
        let inside = self.rest_of_body(items, 0, value, span)?;
        if boxes.is_empty() { Ok(inside) } else { Ok(Core::immediate(boxes, inside, contents, span)) }
    }

    fn rest_of_body(&mut self, items: &[Item], first: usize, value: &Expr, span: Span) -> Result<Core, TooDeep> {
        let mut exprs = Vec::new();
        let mut position = first;
        while let Some(item) = items.get(position) {
            match item {
                Item::Effect(expr) => exprs.push(self.core(expr)?),
                Item::Define(id, expr) if self.orders[id].reach != Reach::Later => {
                    let (Place::Plain(local) | Place::Boxed(local) | Place::Unsure(local)) = self.places[id];
                    let operands = vec![Core::local(local, expr.span), self.core(expr)?];
                    exprs.push(Core::offered("%set-box!", operands, expr.span));
                }
                Item::Define(..) => {
                    let together = &items[position..position + self.independent(items, position)];
                    let defined: Vec<_> = together
                        .iter()
                        .filter_map(|item| match item {
                            Item::Define(id, expr) => Some((*id, expr)),
                            Item::Effect(_) => None,
                        })
                        .collect();
                    let locals = defined.iter().map(|(id, _)| self.bound(*id)).collect();
                    let next = position + together.len();
                    let inside = self.nested(span, |this| this.rest_of_body(items, next, value, span))?;
                    let values =
                        defined.into_iter().map(|(id, expr)| self.value(id, expr)).collect::<Result<_, _>>()?;
                    exprs.push(Core::immediate(locals, inside, values, span));
                    return Ok(Core::begin(exprs, span));
                }
            }
            position += 1;
        }
        exprs.push(self.core(value)?);
        Ok(Core::begin(exprs, span))
    }

    /// How many definitions from `first` on can be made at once: the order of procedures and constants that do not
    /// refer to each other cannot be observed.
    fn independent(&self, items: &[Item], first: usize) -> usize {
        let others = items[first + 1..].iter().take_while(|item| match item {
            Item::Define(id, expr) => {
                let order = self.orders[id];
                order.reach == Reach::Later
                    && is_inert(expr)
                    && order.dependency.is_none_or(|dependency| dependency < first)
            }
            Item::Effect(_) => false,
        });
        1 + others.count()
    }
}

/// Whether a constant is worth a hole: programs that differ in it alone are then one template.
fn is_lifted(datum: &Datum) -> bool {
    match &datum.kind {
        DatumKind::String(_)
        | DatumKind::Bytes(_)
        | DatumKind::F64Vector(_)
        | DatumKind::Dotted(..)
        | DatumKind::Vector(_)
        | DatumKind::Map(_) => true,
        DatumKind::List(items) => !items.is_empty(),
        DatumKind::Number(number) => number.is_exact() && number.as_i64().is_none(),
        _ => false,
    }
}

fn count_liftable(expr: &Expr) -> u32 {
    let count_all = |exprs: &[Expr]| exprs.iter().map(count_liftable).sum::<u32>();
    recurse(|| match &expr.node {
        Node::Quote { datum, liftable } => u32::from(*liftable && is_lifted(datum)),
        Node::Hole(_) | Node::Variable(_) | Node::Procedure(_) | Node::Poison => 0,
        Node::Lambda(lambda) => count_liftable(&lambda.body),
        Node::CaseLambda(lambdas) => lambdas.iter().map(|lambda| count_liftable(&lambda.body)).sum(),
        Node::If(test, then, otherwise) => count_liftable(test) + count_liftable(then) + count_liftable(otherwise),
        Node::Begin(exprs) => count_all(exprs),
        Node::Call(operator, operands) => count_liftable(operator) + count_all(operands),
        Node::Assign(_, value) => count_liftable(value),
        Node::Body(items, value) => {
            let counts = items.iter().map(|item| match item {
                Item::Define(_, expr) | Item::Effect(expr) => count_liftable(expr),
            });
            counts.sum::<u32>() + count_liftable(value)
        }
    })
}
