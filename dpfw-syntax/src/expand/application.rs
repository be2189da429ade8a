//! Calls of procedures.

use super::{
    Expander,
    environment::Environment,
    tree::{Expr, Node},
};
use crate::{Datum, DatumKind, Span, Splice, SyntaxError};

impl Expander<'_> {
    pub(super) fn application(
        &mut self,
        operator: &Datum,
        operands: &[Datum],
        span: Span,
        environment: Environment,
    ) -> Expr {
        let procedure = self.expression(operator, environment);
        if matches!(procedure.node, Node::Quote { .. }) {
            self.error(no_procedure(operator.span));
        }
        let Some(first_spread) = operands.iter().position(is_spread) else {
            let operands = operands.iter().map(|operand| self.expression(operand, environment)).collect();
            return Expr::call(procedure, operands, span);
        };

        // (f a ,@xs b) is (apply f a (append xs (list b)))
        let mut arguments = vec![procedure];
        arguments.extend(operands[..first_spread].iter().map(|operand| self.expression(operand, environment)));
        arguments.push(self.spread_list(&operands[first_spread..], span, environment));
        Expr::call_offered("apply", arguments, span)
    }

    /// An expression for the list of operands, some of which are spread.
    fn spread_list(&mut self, operands: &[Datum], span: Span, environment: Environment) -> Expr {
        let mut parts = Vec::new();
        let mut singles = Vec::new();
        for operand in operands {
            if let DatumKind::Splice(Splice { hole, spread: true }) = operand.kind {
                flush(&mut singles, &mut parts, span);
                parts.push(Expr::new(Node::Hole(hole), operand.span));
            } else {
                singles.push(self.expression(operand, environment));
            }
        }
        flush(&mut singles, &mut parts, span);
        append(parts, span)
    }
}

pub(super) fn is_spread(datum: &Datum) -> bool {
    matches!(datum.kind, DatumKind::Splice(Splice { spread: true, .. }))
}

/// Moves what was gathered in `singles` into one list of `parts`.
pub(super) fn flush(singles: &mut Vec<Expr>, parts: &mut Vec<Expr>, span: Span) {
    if !singles.is_empty() {
        parts.push(Expr::call_offered("list", std::mem::take(singles), span));
    }
}

/// An expression for the concatenation of one or more lists.
pub(super) fn append(mut lists: Vec<Expr>, span: Span) -> Expr {
    match lists.pop() {
        Some(only) if lists.is_empty() => only,
        Some(last) => {
            lists.push(last);
            Expr::call_offered("append", lists, span)
        }
        None => Expr::constant(DatumKind::List(Vec::new()), span),
    }
}

/// The mistake of calling a constant.
pub(crate) fn no_procedure(span: Span) -> SyntaxError {
    SyntaxError::new(span, "this literal is not a procedure").with_help("to write a list as data use (quote (…))")
}
