//! Forms that choose: `if cond case and or when unless`.

use super::{
    Expander,
    environment::Environment,
    excerpt::excerpt,
    tree::{Expr, Node, VariableId},
};
use crate::{
    Datum, DatumKind, Span, SyntaxError,
    vocabulary::{Form, procedure},
};

impl Expander<'_> {
    pub(super) fn conditional(&mut self, parts: &[Datum], span: Span, environment: Environment) -> Expr {
        let (test, then, otherwise) = match parts {
            [test, then] => (test, then, None),
            [test, then, otherwise] => (test, then, Some(otherwise)),
            _ => return self.malformed(span, "(if test then [else])"),
        };
        let test = self.test(test, environment);
        let then = self.expression(then, environment);
        let otherwise = match otherwise {
            Some(otherwise) => self.expression(otherwise, environment),
            None => Expr::void(span),
        };
        Expr::conditional(test, then, otherwise, span)
    }

    /// `when`, or `unless` if the body is `wanted` where the test is false.
    pub(super) fn when(&mut self, wanted: bool, parts: &[Datum], span: Span, environment: Environment) -> Expr {
        let Some((test, body @ [_, ..])) = parts.split_first() else {
            return self.malformed(span, if wanted { "(when test body …)" } else { "(unless test body …)" });
        };
        let test = self.test(test, environment);
        let body = self.sequence(body, span, environment);
        if wanted {
            Expr::conditional(test, body, Expr::void(span), span)
        } else {
            Expr::conditional(test, Expr::void(span), body, span)
        }
    }

    pub(super) fn all(&mut self, operands: &[Datum], span: Span, environment: Environment) -> Expr {
        match operands {
            [] => Expr::bool(true, span),
            [last] => self.expression(last, environment),
            [first, rest @ ..] => {
                let test = self.test(first, environment);
                let rest = self.nested(span, |this| this.all(rest, span, environment));
                Expr::conditional(test, rest, Expr::bool(false, span), span)
            }
        }
    }

    pub(super) fn any(&mut self, operands: &[Datum], span: Span, environment: Environment) -> Expr {
        match operands {
            [] => Expr::bool(false, span),
            [last] => self.expression(last, environment),
            [first, rest @ ..] => {
                let value = self.expression(first, environment);
                let rest = self.nested(span, |this| this.any(rest, span, environment));
                self.value_or(value, rest, span)
            }
        }
    }

    /// `or` where only the truth of its value counts.
    pub(super) fn either(&mut self, operands: &[Datum], span: Span, environment: Environment) -> Expr {
        match operands {
            [] => Expr::bool(false, span),
            [last] => self.test(last, environment),
            [first, rest @ ..] => {
                let test = self.test(first, environment);
                let rest = self.nested(span, |this| this.either(rest, span, environment));
                Expr::conditional(test, Expr::bool(true, span), rest, span)
            }
        }
    }

    /// `value`, or `otherwise` if that is false.
    fn value_or(&mut self, value: Expr, otherwise: Expr, span: Span) -> Expr {
        if is_boolean(&value) {
            return Expr::conditional(value, Expr::bool(true, span), otherwise, span);
        }
        let kept = self.temporary();
        let choice = Expr::conditional(Expr::variable(kept, span), Expr::variable(kept, span), otherwise, span);
        Expr::let_one(kept, value, choice, span)
    }

    pub(super) fn cond(&mut self, clauses: &[Datum], span: Span, environment: Environment) -> Expr {
        if clauses.is_empty() {
            return self.malformed(span, "(cond (test body …) …)");
        }
        self.clauses(clauses, span, environment, Expr::void(span))
    }

    /// The clauses of `cond`; `fallback` where none applies.
    pub(super) fn clauses(&mut self, clauses: &[Datum], span: Span, environment: Environment, fallback: Expr) -> Expr {
        let [clause, rest @ ..] = clauses else {
            return fallback;
        };
        let Some([test, body @ ..]) = clause.as_list() else {
            self.poison(clause.span, "malformed clause: expected (test body …) or (else body …)");
            return self.nested(span, |this| this.clauses(rest, span, environment, fallback));
        };
        if self.is_else(test, rest, environment) {
            if body.is_empty() {
                return self.malformed_clause(clause.span, "(else body …)");
            }
            let value = self.sequence(body, clause.span, environment);
            // After a misplaced `else` there is more to check.
            self.nested(span, |this| this.clauses(rest, span, environment, fallback));
            return value;
        }
        if self.starts_with_arrow(body, environment) {
            let [_, receiver] = body else {
                self.malformed_clause(clause.span, "(test => procedure)");
                return self.nested(span, |this| this.clauses(rest, span, environment, fallback));
            };
            let value = self.expression(test, environment);
            self.check_test(&value, clause);
            let receiver = self.expression(receiver, environment);
            let rest = self.nested(span, |this| this.clauses(rest, span, environment, fallback));
            let kept = self.temporary();
            let received = Expr::call(receiver, vec![Expr::variable(kept, test.span)], clause.span);
            let choice = Expr::conditional(Expr::variable(kept, test.span), received, rest, clause.span);
            return Expr::let_one(kept, value, choice, clause.span);
        }
        if body.is_empty() {
            let value = self.expression(test, environment);
            let rest = self.nested(span, |this| this.clauses(rest, span, environment, fallback));
            return self.value_or(value, rest, clause.span);
        }
        let test = self.test(test, environment);
        // What follows as a clause is then the rest of this one.
        let is_lost = self.check_test(&test, clause);
        let strays = rest.iter().take_while(|clause| is_lost && clause.as_list().is_none()).count();
        let rest = &rest[strays..];
        let value = self.sequence(body, clause.span, environment);
        let rest = self.nested(span, |this| this.clauses(rest, span, environment, fallback));
        Expr::conditional(test, value, rest, clause.span)
    }

    pub(super) fn case(&mut self, parts: &[Datum], span: Span, environment: Environment) -> Expr {
        let [key, clauses @ ..] = parts else {
            return self.malformed(span, "(case key ((datum …) body …) …)");
        };
        if clauses.is_empty() {
            return self.malformed(span, "(case key ((datum …) body …) …)");
        }
        let value = self.expression(key, environment);
        let kept = self.temporary();
        let choice = self.case_clauses(kept, clauses, span, environment);
        Expr::let_one(kept, value, choice, span)
    }

    fn case_clauses(&mut self, key: VariableId, clauses: &[Datum], span: Span, environment: Environment) -> Expr {
        let [clause, rest @ ..] = clauses else {
            return Expr::void(span);
        };
        let Some([data, body @ ..]) = clause.as_list().filter(|items| items.len() > 1) else {
            self.malformed_clause(clause.span, "((datum …) body …) or (else body …)");
            return self.nested(span, |this| this.case_clauses(key, rest, span, environment));
        };
        let is_else = self.is_else(data, rest, environment);
        let test = if is_else { None } else { Some(self.case_test(key, data)) };
        let value = match body {
            [arrow, receiver] if self.keyword(arrow, environment) == Some(Form::Arrow) => {
                let receiver = self.expression(receiver, environment);
                Expr::call(receiver, vec![Expr::variable(key, clause.span)], clause.span)
            }
            _ => self.sequence(body, clause.span, environment),
        };
        let rest = self.nested(span, |this| this.case_clauses(key, rest, span, environment));
        match test {
            Some(test) => Expr::conditional(test, value, rest, clause.span),
            None => value,
        }
    }

    /// Whether the key is one of the data.
    fn case_test(&mut self, key: VariableId, data: &Datum) -> Expr {
        let span = data.span;
        let Some(items) = data.as_list() else {
            return self.poison_with_help(
                span,
                "the data of a case clause must be a list",
                "a clause for one datum is ((datum) body …)",
            );
        };
        let mut constants = Vec::new();
        for item in items {
            match self.constant(item) {
                Some(constant) => constants.push(constant),
                None => {
                    self.poison_with_help(
                        item.span,
                        "a spliced value cannot stand in the data of case",
                        "compare in a cond instead: (eqv? key ,value)",
                    );
                }
            }
        }
        let key = Expr::variable(key, span);
        match constants.pop() {
            None => Expr::bool(false, span),
            Some(only) if constants.is_empty() => {
                let datum = Expr::constant(only.kind, only.span);
                Expr::call_offered("eqv?", vec![key, datum], span)
            }
            Some(last) => {
                constants.push(last);
                let list = Expr::constant(DatumKind::List(constants), span);
                Expr::call_offered("memv", vec![key, list], span)
            }
        }
    }

    /// Whether the clause that begins with `test` is the `else` clause; reports one that others follow.
    pub(super) fn is_else(&mut self, test: &Datum, followers: &[Datum], environment: Environment) -> bool {
        let is_else = self.keyword(test, environment) == Some(Form::Else);
        if is_else && !followers.is_empty() {
            self.error(SyntaxError::new(test.span, "`else` must be the last clause"));
        }
        is_else
    }

    /// Reports a test that is a procedure, and tells whether it is: in `(= k 3)` as a clause, `=` is the test.
    pub(super) fn check_test(&mut self, test: &Expr, clause: &Datum) -> bool {
        let message = match &test.node {
            // A macro may be given a procedure or an expression in the same place.
            _ if self.is_made_by_macro(clause.span) => return false,
            Node::Procedure(name) => format!("this test is the procedure `{name}`, which is always true"),
            Node::Lambda(_) | Node::CaseLambda(_) => "this test is a procedure, which is always true".into(),
            _ => return false,
        };
        let call = excerpt(clause).filter(|_| matches!(test.node, Node::Procedure(_)));
        let help = match call.filter(|call| !call.contains("=>")) {
            Some(call) => format!("write ({call} …)"),
            None => "a test that calls something has parentheses of its own".into(),
        };
        self.error(SyntaxError::new(test.span, message).with_help(help));
        true
    }

    fn starts_with_arrow(&self, body: &[Datum], environment: Environment) -> bool {
        body.first().is_some_and(|first| self.keyword(first, environment) == Some(Form::Arrow))
    }

    fn malformed_clause(&mut self, span: Span, shape: &str) -> Expr {
        self.poison(span, format!("malformed clause: expected {shape}"))
    }
}

/// Whether the value of the expression is `#t` or `#f` for certain.
fn is_boolean(expr: &Expr) -> bool {
    match &expr.node {
        Node::Quote { datum, .. } => matches!(datum.kind, DatumKind::Bool(_)),
        Node::Call(operator, _) => match &operator.node {
            // The procedures that every slave offers keep to the custom of the question mark.
            Node::Procedure(name) => {
                procedure(name).is_some()
                    && (name.ends_with('?') || ["=", "<", ">", "<=", ">=", "not"].contains(&&**name))
            }
            _ => false,
        },
        _ => false,
    }
}
