//! Checks of an expanded program that need the whole of it: numbers of arguments, and uses before definitions.

use std::collections::HashMap;

use crate::{
    Arity, Span, SyntaxError,
    expand::{
        Expander,
        tree::{Expr, Item, Lambda, Node, VariableId},
    },
    stack::recurse,
};

/// Reports every call of a known procedure with the wrong number of arguments.
pub(crate) fn check(expr: &Expr, expander: &mut Expander<'_>) {
    let mut checker = Checker { expander, known: HashMap::new(), undefined: HashMap::new(), path: 0, paths: 1 };
    checker.visit(expr);
}

struct Checker<'c, 'e> {
    expander: &'c mut Expander<'e>,
    /// The procedures that variables hold which are never assigned.
    known: HashMap<VariableId, Vec<Arity>>,
    /// Variables of the bodies around whose definitions are still to come, with the path of the body.
    undefined: HashMap<VariableId, u32>,
    /// What is on the same path is evaluated together: each branch and each procedure begins a new one.
    path: u32,
    paths: u32,
}

impl Checker<'_, '_> {
    fn visit(&mut self, expr: &Expr) {
        recurse(|| self.visit_here(expr));
    }

    fn visit_here(&mut self, expr: &Expr) {
        match &expr.node {
            Node::Quote { .. } | Node::Hole(_) | Node::Procedure(_) | Node::Poison => {}
            Node::Variable(id) => {
                if self.undefined.get(id) == Some(&self.path) {
                    let name = &self.expander.variables[id.0 as usize].name;
                    let message = format!("`{name}` is used before its definition");
                    self.expander.error(SyntaxError::new(expr.span, message));
                }
            }
            Node::Lambda(lambda) => self.visit_apart(&lambda.body),
            Node::CaseLambda(lambdas) => lambdas.iter().for_each(|lambda| self.visit_apart(&lambda.body)),
            Node::If(test, then, otherwise) => {
                self.visit(test);
                self.visit_apart(then);
                self.visit_apart(otherwise);
            }
            Node::Begin(exprs) => exprs.iter().for_each(|expr| self.visit(expr)),
            Node::Assign(_, value) => self.visit(value),
            Node::Call(operator, operands) => self.call(operator, operands, expr.span),
            Node::Body(items, value) => self.body(items, value),
        }
    }

    /// Visits what is evaluated later, or perhaps never.
    fn visit_apart(&mut self, expr: &Expr) {
        let path = std::mem::replace(&mut self.path, self.paths);
        self.paths += 1;
        self.visit(expr);
        self.path = path;
    }

    fn body(&mut self, items: &[Item], value: &Expr) {
        for item in items {
            if let Item::Define(id, value) = item {
                self.learn(*id, value);
                self.undefined.insert(*id, self.path);
            }
        }
        for item in items {
            match item {
                Item::Define(id, value) => {
                    self.visit(value);
                    self.undefined.remove(id);
                }
                Item::Effect(expr) => self.visit(expr),
            }
        }
        self.visit(value);
    }

    fn call(&mut self, operator: &Expr, operands: &[Expr], span: Span) {
        let count = operands.len();
        if let Some((name, arities)) = self.arities(operator)
            && !arities.iter().any(|arity| arity.accepts(count))
        {
            self.report(format!("{name} takes {}, got {count}", takes(&arities)), span);
        }
        if let Node::Procedure(name) = &operator.node
            && &**name == "apply"
        {
            self.check_apply(operands, span);
        }
        if let Node::Lambda(lambda) = &operator.node {
            lambda.params.iter().zip(operands).for_each(|(id, operand)| self.learn(*id, operand));
        }
        operands.iter().for_each(|operand| self.visit(operand));
        match &operator.node {
            // The body of a `let` is evaluated at once.
            Node::Lambda(lambda) => self.visit(&lambda.body),
            _ => self.visit(operator),
        }
    }

    /// `(apply f a b list)` gives two arguments at least.
    fn check_apply(&mut self, operands: &[Expr], span: Span) {
        let [operator, given @ .., _] = operands else {
            return;
        };
        if let Some((name, arities)) = self.arities(operator)
            && arities.iter().all(|arity| arity.is_exceeded_by(given.len()))
        {
            self.report(format!("{name} takes {}, got at least {}", takes(&arities), given.len()), span);
        }
    }

    /// What is known about the procedure that is called: its name in a message, and the numbers of its arguments.
    fn arities(&self, operator: &Expr) -> Option<(String, Vec<Arity>)> {
        match &operator.node {
            Node::Procedure(name) => Some((format!("`{name}`"), vec![self.expander.offered(name)?])),
            Node::Variable(id) => {
                let name = &self.expander.variables[id.0 as usize].name;
                Some((format!("`{name}`"), self.known.get(id)?.clone()))
            }
            Node::Lambda(lambda) => Some(("this procedure".into(), vec![arity(lambda)])),
            Node::CaseLambda(lambdas) => Some(("this procedure".into(), lambdas.iter().map(arity).collect())),
            _ => None,
        }
    }

    /// Notes what a variable holds, if that is a procedure for as long as the variable lives.
    fn learn(&mut self, id: VariableId, value: &Expr) {
        if self.expander.variables[id.0 as usize].assigned {
            return;
        }
        let arities = match &value.node {
            Node::Lambda(lambda) => vec![arity(lambda)],
            Node::CaseLambda(lambdas) => lambdas.iter().map(arity).collect(),
            _ => return,
        };
        self.known.insert(id, arities);
    }

    fn report(&mut self, message: String, span: Span) {
        self.expander.error(SyntaxError::new(span, message));
    }
}

fn arity(lambda: &Lambda) -> Arity {
    let min = u16::try_from(lambda.params.len()).unwrap_or(u16::MAX);
    Arity { min, max: if lambda.rest.is_some() { None } else { Some(min) } }
}

/// `1 argument or 3 arguments`
fn takes(arities: &[Arity]) -> String {
    let texts: Vec<_> = arities.iter().map(ToString::to_string).collect();
    if texts.is_empty() { "nothing: it has no clause".into() } else { texts.join(" or ") }
}
