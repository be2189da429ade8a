//! Parameters of the program's own procedures: what they are given, where every call of theirs is known.

use std::collections::{HashMap, HashSet};

use super::{Checker, Pass, calls::Call, value::Value};
use crate::expand::tree::{Expr, Node, VariableId};

/// What the calls of a program say about the procedures that its variables hold.
#[derive(Default)]
pub(super) struct Uses {
    /// The parameters of procedures, by the variables that hold them from their definition on.
    parameters: HashMap<VariableId, Vec<VariableId>>,
    /// Variables that are used otherwise than by calling what they hold.
    escaped: HashSet<VariableId>,
    /// What all calls of a variable give, by position; `None` where a procedure only hands its own parameter on to itself.
    operands: HashMap<VariableId, Vec<Option<Value>>>,
    /// Parameters that hold what all calls of their procedures give them.
    given: HashSet<VariableId>,
    /// A part of the program is not known.
    has_gaps: bool,
}

impl Uses {
    /// Begins to look at the program's calls anew, with more known about their operands.
    pub(super) fn look_again(&mut self) {
        self.operands.clear();
    }

    /// The variable is used as a value.
    pub(super) fn escape(&mut self, id: VariableId) {
        self.escaped.insert(id);
    }

    /// A part of the program cannot be looked at.
    pub(super) fn gap(&mut self) {
        self.has_gaps = true;
    }

    /// The variable holds the value of `expr` from its definition on.
    pub(super) fn define(&mut self, id: VariableId, expr: &Expr) {
        if let Node::Lambda(lambda) = &expr.node {
            self.parameters.insert(id, lambda.params.clone());
        }
    }

    /// Whether a variable is a parameter of which every value is known.
    pub(super) fn is_given(&self, id: VariableId) -> bool {
        self.given.contains(&id)
    }
}

impl Checker<'_, '_> {
    /// Notes a call of a variable.
    pub(super) fn note_call(&mut self, id: VariableId, call: &Call<'_>) {
        if self.pass != Pass::Learning {
            return;
        }
        let variables = &self.expander.variables;
        let uses = &mut self.uses;
        let parameters = uses.parameters.get(&id).map_or(&[][..], Vec::as_slice);
        let operands = uses.operands.entry(id).or_default();
        for (position, (operand, value)) in call.operands.iter().zip(&call.values).enumerate() {
            let is_itself = matches!(&operand.node, Node::Variable(own)
                if parameters.get(position) == Some(own) && !variables[own.0 as usize].assigned);
            let value = (!is_itself).then(|| value.clone());
            match operands.get_mut(position) {
                Some(Some(before)) => *before = value.map_or_else(|| before.clone(), |value| before.or(&value)),
                Some(before) => *before = value,
                None => operands.push(value),
            }
        }
    }

    /// Learns what parameters hold, where every call of their procedure is known; says whether that is news.
    pub(super) fn learn_parameters(&mut self) -> bool {
        let mut is_news = false;
        if self.uses.has_gaps {
            return is_news;
        }
        for (procedure, parameters) in &self.uses.parameters {
            let is_known = !self.uses.escaped.contains(procedure) && !self.is_assigned(*procedure);
            let Some(operands) = self.uses.operands.get(procedure).filter(|_| is_known) else { continue };
            for (parameter, operand) in parameters.iter().zip(operands) {
                if let Some(value @ Value::Procedure(_)) = operand
                    && !self.is_assigned(*parameter)
                    && self.uses.given.insert(*parameter)
                {
                    self.known.insert(*parameter, value.clone());
                    is_news = true;
                }
            }
        }
        is_news
    }

    fn is_assigned(&self, id: VariableId) -> bool {
        self.expander.variables[id.0 as usize].assigned
    }
}
