//! Forms that bind several values of one expression: `let-values let*-values receive`.

use super::{
    Expander,
    environment::Environment,
    formals::Formals,
    tree::{Expr, Node},
};
use crate::{Datum, Span};

impl Expander<'_> {
    /// `let-values` or `let*-values`.
    pub(super) fn let_values(&mut self, keyword: &str, parts: &[Datum], span: Span, environment: Environment) -> Expr {
        let Some([bindings, body @ ..]) = parts.first().and_then(Datum::as_list).map(|_| parts) else {
            return self.malformed(span, &format!("({keyword} (((name …) expression) …) body …)"));
        };
        let bindings = bindings.as_list().unwrap_or_default();
        let mut pairs = Vec::with_capacity(bindings.len());
        for binding in bindings {
            match binding.as_list() {
                Some([formals, value]) => pairs.push((formals, value)),
                _ => {
                    self.poison(binding.span, format!("malformed {keyword} binding: expected ((name …) expression)"));
                }
            }
        }
        if pairs.len() < bindings.len() {
            return Expr::poison(span);
        }
        if keyword == "let*-values" {
            return self.values_each(&pairs, body, span, environment);
        }

        // All names share one scope, which no expression sees.
        let values: Vec<_> = pairs.iter().map(|(_, value)| self.expression(value, environment)).collect();
        let scope = self.environments.inside(environment);
        let bound: Vec<_> = pairs.iter().map(|(formals, _)| self.formals(formals, scope)).collect();
        let body = self.body(body, span, scope);
        let bound = bound.into_iter().zip(values).rev();
        bound.fold(body, |body, (formals, value)| receiving(formals, value, body, span))
    }

    fn values_each(
        &mut self,
        pairs: &[(&Datum, &Datum)],
        body: &[Datum],
        span: Span,
        environment: Environment,
    ) -> Expr {
        let Some(((formals, value), rest)) = pairs.split_first() else {
            return self.body(body, span, environment);
        };
        let value = self.expression(value, environment);
        let scope = self.environments.inside(environment);
        let formals = self.formals(formals, scope);
        let body = self.nested(span, |this| this.values_each(rest, body, span, scope));
        receiving(formals, value, body, span)
    }

    /// `(receive formals expression body …)`, less the keyword.
    pub(super) fn receive(&mut self, parts: &[Datum], span: Span, environment: Environment) -> Expr {
        let [formals, value, body @ ..] = parts else {
            return self.malformed(span, "(receive (name …) expression body …)");
        };
        let value = self.expression(value, environment);
        let scope = self.environments.inside(environment);
        let formals = self.formals(formals, scope);
        let body = self.body(body, span, scope);
        receiving(formals, value, body, span)
    }
}

/// `body` where `formals` are the values of `value`.
fn receiving(formals: Formals, value: Expr, body: Expr, span: Span) -> Expr {
    if !formals.is_sound {
        return Expr::poison(span);
    }
    let receiver = Expr::lambda(formals.params, formals.rest, body, span);
    match value.node {
        // Nothing need carry values that are at hand.
        Node::Call(operator, operands) if matches!(&operator.node, Node::Procedure(name) if &**name == "values") => {
            Expr::call(receiver, operands, value.span)
        }
        node => {
            let producer = Expr::thunk(Expr::new(node, value.span), value.span);
            Expr::call_offered("call-with-values", vec![producer, receiver], span)
        }
    }
}
