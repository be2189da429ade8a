//! The order of definitions: which variables are referred to before their definitions are evaluated.

use std::collections::HashMap;

use crate::{
    expand::tree::{Expr, Item, Node, VariableId},
    stack::recurse,
};

/// How the definition of a variable relates to the definitions around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order {
    /// Which value the variable has when others first refer to it.
    pub(crate) reach: Reach,
    /// The position of the last definition before this one that its value refers to.
    pub(crate) dependency: Option<usize>,
}

/// Who refers to a variable, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Later definitions and the value of the body alone.
    Later,
    /// Earlier definitions or its own, but nothing that could read it is evaluated before it is defined.
    Early,
    /// Something that may read it is evaluated before it is defined.
    Unsure,
}

/// The orders of all variables that bodies define.
pub(crate) fn orders(expr: &Expr) -> HashMap<VariableId, Order> {
    let mut survey = Survey::default();
    survey.visit(expr);
    survey.orders
}

#[derive(Default)]
struct Survey {
    /// The bodies around, and those done with, by number.
    bodies: Vec<References>,
    /// The body and the position of each variable that a body defines.
    homes: HashMap<VariableId, (usize, usize)>,
    orders: HashMap<VariableId, Order>,
}

/// Which items of a body refer to which definitions.
struct References {
    /// The item that is being visited; `None` when all have been.
    current: Option<usize>,
    /// For each item, the positions that it refers to.
    edges: Vec<Vec<usize>>,
}

impl Survey {
    fn visit(&mut self, expr: &Expr) {
        recurse(|| match &expr.node {
            Node::Quote { .. } | Node::Hole(_) | Node::Procedure(_) | Node::Poison => {}
            Node::Variable(id) => self.refer(*id),
            Node::Lambda(lambda) => self.visit(&lambda.body),
            Node::CaseLambda(lambdas) => lambdas.iter().for_each(|lambda| self.visit(&lambda.body)),
            Node::If(test, then, otherwise) => {
                self.visit(test);
                self.visit(then);
                self.visit(otherwise);
            }
            Node::Begin(exprs) => exprs.iter().for_each(|expr| self.visit(expr)),
            Node::Call(operator, operands) => {
                self.visit(operator);
                operands.iter().for_each(|operand| self.visit(operand));
            }
            Node::Assign(id, value) => {
                self.refer(*id);
                self.visit(value);
            }
            Node::Body(items, value) => self.body(items, value),
        });
    }

    fn refer(&mut self, id: VariableId) {
        if let Some(&(body, position)) = self.homes.get(&id)
            && let Some(current) = self.bodies[body].current
        {
            self.bodies[body].edges[current].push(position);
        }
    }

    fn body(&mut self, items: &[Item], value: &Expr) {
        let body = self.bodies.len();
        self.bodies.push(References { current: None, edges: vec![Vec::new(); items.len()] });
        for (position, item) in items.iter().enumerate() {
            if let Item::Define(id, _) = item {
                self.homes.insert(*id, (body, position));
            }
        }
        for (position, item) in items.iter().enumerate() {
            self.bodies[body].current = Some(position);
            match item {
                Item::Define(_, expr) | Item::Effect(expr) => self.visit(expr),
            }
        }
        self.bodies[body].current = None;
        let edges = std::mem::take(&mut self.bodies[body].edges);
        self.settle(items, &edges);
        self.visit(value);
    }

    fn settle(&mut self, items: &[Item], edges: &[Vec<usize>]) {
        let mut is_early = vec![false; items.len()];
        for (position, targets) in edges.iter().enumerate() {
            targets.iter().filter(|target| **target >= position).for_each(|target| is_early[*target] = true);
        }
        let first_read = first_reads(items, edges);
        for (position, item) in items.iter().enumerate() {
            let Item::Define(id, _) = item else {
                continue;
            };
            let reach = if !is_early[position] {
                Reach::Later
            } else if first_read[position].is_some_and(|reader| reader <= position) {
                Reach::Unsure
            } else {
                Reach::Early
            };
            let dependency = edges[position].iter().copied().filter(|target| *target < position).max();
            self.orders.insert(*id, Order { reach, dependency });
        }
    }
}

/// For each position, the first item whose evaluation might read the variable that is defined there.
///
/// An item that is more than a procedure may call whatever it refers to, and that whatever it refers to in turn.
fn first_reads(items: &[Item], edges: &[Vec<usize>]) -> Vec<Option<usize>> {
    let mut first = vec![None; items.len()];
    for (reader, item) in items.iter().enumerate() {
        let (Item::Define(_, expr) | Item::Effect(expr)) = item;
        if is_inert(expr) {
            continue;
        }
        let mut pending = edges[reader].clone();
        // What an earlier reader reaches, with all that can be reached from there, is settled.
        while let Some(position) = pending.pop() {
            if first[position].is_none() {
                first[position] = Some(reader);
                pending.extend_from_slice(&edges[position]);
            }
        }
    }
    first
}

/// Whether evaluating the expression reads no variable and calls nothing.
pub(crate) fn is_inert(expr: &Expr) -> bool {
    matches!(expr.node, Node::Quote { .. } | Node::Hole(_) | Node::Procedure(_) | Node::Lambda(_) | Node::CaseLambda(_))
}
