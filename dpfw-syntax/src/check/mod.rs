//! Checks of an expanded program that need the whole of it: numbers of arguments, and uses before definitions.

mod calls;
mod parameters;
mod value;

use std::collections::HashMap;

use self::{calls::Call, parameters::Uses, value::Value};
use crate::{
    Arity, DatumKind, Span, SyntaxError,
    expand::{
        Expander,
        tree::{Expr, Item, Lambda, Node, VariableId},
    },
    stack::recurse,
    vocabulary::is_called_at_once,
};

/// Reports every call of a known procedure with the wrong number of arguments, and every certain use of a variable
/// before its definition.
pub(crate) fn check(expr: &Expr, expander: &mut Expander<'_>) {
    let mut checker = Checker {
        expander,
        pass: Pass::Learning,
        known: HashMap::new(),
        assigned: HashMap::new(),
        uses: Uses::default(),
        undefined: HashMap::new(),
        path: 0,
        paths: 1,
    };
    for _ in 0..LESSONS_MAX {
        checker.uses.look_again();
        checker.visit(expr);
        if !checker.learn_parameters() {
            break;
        }
    }
    checker.pass = Pass::Reporting;
    checker.visit(expr);
}

/// A procedure that is handed through more procedures than this is taken for unknown.
const LESSONS_MAX: usize = 3;

struct Checker<'c, 'e> {
    expander: &'c mut Expander<'e>,
    pass: Pass,
    /// What variables hold at first.
    known: HashMap<VariableId, Value>,
    /// What `set!` gives them later.
    assigned: HashMap<VariableId, Value>,
    uses: Uses,
    /// Variables of the bodies around whose definitions are still to come, with the path of the body.
    undefined: HashMap<VariableId, u32>,
    /// What is on the same path is evaluated together: each branch and each procedure begins a new one.
    path: u32,
    paths: u32,
}

/// A program is visited more than once, since its procedures may be used before their definitions in the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// Notes what variables hold.
    Learning,
    Reporting,
}

impl Checker<'_, '_> {
    /// Visits an expression that is evaluated here; returns what is known about its value.
    fn visit(&mut self, expr: &Expr) -> Value {
        recurse(|| self.visit_here(expr))
    }

    fn visit_here(&mut self, expr: &Expr) -> Value {
        if self.expander.is_hopeless() {
            return Value::Unknown;
        }
        match &expr.node {
            Node::Poison => {
                self.uses.gap();
                Value::Unknown
            }
            Node::Hole(_) => Value::Single,
            Node::Quote { datum, .. } => Value::constant(&datum.kind),
            Node::Procedure(name) => match self.expander.offered(name) {
                Some(arity) => Value::procedure(vec![arity], Value::Unknown),
                None => Value::Unknown,
            },
            Node::Variable(id) => {
                self.uses.escape(*id);
                self.variable(*id, expr.span)
            }
            Node::Lambda(lambda) => self.procedure(std::slice::from_ref(lambda)),
            Node::CaseLambda(lambdas) => self.procedure(lambdas),
            Node::If(test, then, otherwise) => self.conditional(test, then, otherwise),
            Node::Begin(exprs) => exprs.iter().fold(Value::Unknown, |_, expr| self.visit(expr)),
            Node::Assign(id, value) => {
                let value = self.visit(value);
                self.assign(*id, &value);
                Value::Unknown
            }
            Node::Call(operator, operands) => self.call(operator, operands, expr.span),
            Node::Body(items, value) => self.body(items, value),
        }
    }

    fn variable(&mut self, id: VariableId, span: Span) -> Value {
        if self.undefined.get(&id) == Some(&self.path) {
            let name = &self.expander.variables[id.0 as usize].name;
            self.report(format!("`{name}` is used before its definition"), span);
        }
        self.value_of(id)
    }

    /// Visits what is evaluated later, or perhaps never.
    fn visit_apart(&mut self, expr: &Expr) -> Value {
        let path = std::mem::replace(&mut self.path, self.paths);
        self.paths += 1;
        let value = self.visit(expr);
        self.path = path;
        value
    }

    fn procedure(&mut self, lambdas: &[Lambda]) -> Value {
        let results: Vec<_> = lambdas.iter().map(|lambda| self.visit_apart(&lambda.body)).collect();
        let result = results.into_iter().reduce(|all, result| all.or(&result));
        let mut arities = Vec::new();
        for arity in lambdas.iter().map(arity) {
            if !arities.contains(&arity) {
                arities.push(arity);
            }
        }
        Value::procedure(arities, result.unwrap_or(Value::Unknown))
    }

    fn conditional(&mut self, test: &Expr, then: &Expr, otherwise: &Expr) -> Value {
        self.visit(test);
        let Node::Quote { datum, .. } = &test.node else {
            let then = self.visit_apart(then);
            return then.or(&self.visit_apart(otherwise));
        };
        let (taken, other) = if datum.kind == DatumKind::Bool(false) { (otherwise, then) } else { (then, otherwise) };
        self.visit_apart(other);
        self.visit(taken)
    }

    fn body(&mut self, items: &[Item], value: &Expr) -> Value {
        for item in items {
            if let Item::Define(id, value) = item {
                self.undefined.insert(*id, self.path);
                self.uses.define(*id, value);
            }
        }
        for item in items {
            match item {
                Item::Define(id, value) => {
                    let value = self.visit(value);
                    self.learn(*id, value);
                    self.undefined.remove(id);
                }
                Item::Effect(expr) => {
                    self.visit(expr);
                }
            }
        }
        self.visit(value)
    }

    fn call(&mut self, operator: &Expr, operands: &[Expr], span: Span) -> Value {
        let values = operands.iter().enumerate().map(|(position, operand)| match (&operator.node, &operand.node) {
            (Node::Procedure(name), Node::Lambda(lambda)) if is_called_at_once(name, position) => {
                Value::procedure(vec![arity(lambda)], self.visit(&lambda.body))
            }
            _ => self.visit(operand),
        });
        let values: Vec<_> = values.collect();
        let callee = match &operator.node {
            // The body of a `let` is evaluated at once, and its variables hold the operands.
            Node::Lambda(lambda) => {
                for ((id, operand), value) in lambda.params.iter().zip(operands).zip(&values) {
                    self.uses.define(*id, operand);
                    self.learn(*id, value.clone());
                }
                Value::procedure(vec![arity(lambda)], self.visit(&lambda.body))
            }
            Node::Variable(id) => self.variable(*id, operator.span),
            _ => self.visit(operator),
        };
        self.check_call(&Call { operator, operands, span, callee, values })
    }

    /// Notes what a variable holds when it begins to live.
    fn learn(&mut self, id: VariableId, value: Value) {
        if matches!(value, Value::Procedure(_) | Value::List(_)) {
            self.known.insert(id, value);
        }
    }

    /// Notes what a variable may hold later.
    fn assign(&mut self, id: VariableId, value: &Value) {
        if self.pass == Pass::Learning {
            let all = self.assigned.get(&id).map_or_else(|| value.clone(), |before| before.or(value));
            self.assigned.insert(id, all);
        }
    }

    /// What is known about a variable at any time of its life.
    fn value_of(&self, id: VariableId) -> Value {
        let Some(value) = self.known.get(&id) else {
            return Value::Unknown;
        };
        if !self.expander.variables[id.0 as usize].assigned {
            return value.clone();
        }
        match (self.pass, self.assigned.get(&id)) {
            (Pass::Reporting, Some(assigned)) => value.or(assigned),
            // There may be more assignments to come.
            _ => Value::Unknown,
        }
    }

    fn report(&mut self, message: String, span: Span) {
        if self.pass == Pass::Reporting {
            self.expander.error(SyntaxError::new(span, message));
        }
    }
}

fn arity(lambda: &Lambda) -> Arity {
    let min = u16::try_from(lambda.params.len()).unwrap_or(u16::MAX);
    Arity { min, max: if lambda.rest.is_some() { None } else { Some(min) } }
}
