//! Forms over procedures of the slave: `delay delay-force parameterize guard assert cond-expand syntax-error`.

use super::{BYTES_PER_NODE, Expander, environment::Environment, excerpt::beginning, tree::Expr};
use crate::{Datum, DatumKind, Span, SyntaxError, vocabulary::features};

impl Expander<'_> {
    /// `begin` as an expression.
    pub(super) fn begin(&mut self, parts: &[Datum], span: Span, environment: Environment) -> Expr {
        if parts.is_empty() {
            return self.malformed(span, "(begin expression …)");
        }
        self.sequence(parts, span, environment)
    }

    /// `delay` or `delay-force`: `maker` makes the promise from a procedure.
    pub(super) fn promise(
        &mut self,
        maker: &str,
        shape: &str,
        parts: &[Datum],
        span: Span,
        environment: Environment,
    ) -> Expr {
        let [body] = parts else {
            return self.malformed(span, shape);
        };
        let body = self.expression(body, environment);
        Expr::call_offered(maker, vec![Expr::thunk(body, span)], span)
    }

    /// `(parameterize ((parameter value) …) body …)`, less the keyword.
    pub(super) fn parameterize(&mut self, parts: &[Datum], span: Span, environment: Environment) -> Expr {
        const SHAPE: &str = "(parameterize ((parameter value) …) body …)";
        let [bindings, body @ ..] = parts else {
            return self.malformed(span, SHAPE);
        };
        if self.is_unwrapped(bindings, 2, "parameterize", "((parameter value) …)") {
            return Expr::poison(span);
        }
        let Some(bindings) = bindings.as_list() else {
            return self.malformed(bindings.span, SHAPE);
        };
        let mut pairs = Vec::with_capacity(bindings.len());
        for binding in bindings {
            let Some([parameter, value]) = binding.as_list() else {
                self.poison(binding.span, "malformed parameterize binding: expected (parameter value)");
                continue;
            };
            let pair = vec![self.expression(parameter, environment), self.expression(value, environment)];
            pairs.push(Expr::call_offered("cons", pair, binding.span));
        }
        let body = self.body(body, span, environment);
        let pairs = Expr::call_offered("list", pairs, span);
        Expr::call_offered("%parameterize", vec![pairs, Expr::thunk(body, span)], span)
    }

    /// `(guard (name clause …) body …)`, less the keyword.
    pub(super) fn guard(&mut self, parts: &[Datum], span: Span, environment: Environment) -> Expr {
        const SHAPE: &str = "(guard (name clause …) body …)";
        let [handler, body @ ..] = parts else {
            return self.malformed(span, SHAPE);
        };
        let Some([name, clauses @ ..]) = handler.as_list() else {
            let message = format!("malformed guard: expected {SHAPE}");
            let name = handler.as_name().map_or("name", |name| &*name.text);
            let help = format!("the name and the clauses share parentheses: (guard ({name} clause …) body …)");
            return self.poison_with_help(handler.span, message, help);
        };
        let body = self.body(body, span, environment);
        let scope = self.environments.inside(environment);
        let condition = self.bind(name, "name", scope);
        let reraise = self.temporary();
        let again = Expr::call(Expr::variable(reraise, handler.span), Vec::new(), handler.span);
        let value = self.clauses(clauses, handler.span, scope, again);
        let Some(condition) = condition else {
            return Expr::poison(span);
        };
        let handler = Expr::lambda(vec![condition, reraise], None, value, handler.span);
        Expr::call_offered("%guard", vec![Expr::thunk(body, span), handler], span)
    }

    /// `(assert expression)`, less the keyword.
    pub(super) fn assertion(&mut self, parts: &[Datum], span: Span, environment: Environment) -> Expr {
        let [claim] = parts else {
            return self.malformed(span, "(assert expression)");
        };
        let test = self.test(claim, environment);
        // As text, since the slave would write a list in a message no further than its beginning.
        let text = beginning(claim);
        // Claims within claims are written once more each.
        if !self.spend(text.len() / BYTES_PER_NODE, span) {
            return Expr::poison(span);
        }
        let claim = Expr::constant(DatumKind::String(text.into()), claim.span);
        let raise = Expr::call_offered("%raise-assertion", vec![claim], span);
        Expr::conditional(test, Expr::void(span), raise, span)
    }

    /// `(cond-expand (feature body …) …)` as an expression.
    pub(super) fn cond_expand(&mut self, clauses: &[Datum], span: Span, environment: Environment) -> Expr {
        match self.chosen(clauses, span, environment).and_then(|position| clauses[position].as_list()) {
            Some([_]) => Expr::void(span),
            Some(clause) => self.sequence(&clause[1..], span, environment),
            None => Expr::poison(span),
        }
    }

    /// The position of the clause that applies, a list with its requirement; `None`, once reported, if none does.
    pub(super) fn chosen(&mut self, clauses: &[Datum], span: Span, environment: Environment) -> Option<usize> {
        for (position, clause) in clauses.iter().enumerate() {
            let Some([requirement, ..]) = clause.as_list() else {
                self.malformed(clause.span, "(cond-expand (feature body …) … (else body …))");
                return None;
            };
            if self.is_else(requirement, &clauses[position + 1..], environment) || self.is_met(requirement)? {
                return Some(position);
            }
        }
        self.poison_with_help(span, "no clause of this cond-expand applies", "end it with (else body …)");
        None
    }

    fn is_met(&mut self, requirement: &Datum) -> Option<bool> {
        if let Some(name) = requirement.as_name() {
            return Some(features().contains(&&*name.text));
        }
        let parts = requirement.as_list().unwrap_or_default();
        match parts.first().and_then(Datum::as_name).map(|name| &*name.text) {
            Some("and") => parts[1..].iter().try_fold(true, |met, part| Some(self.is_met(part)? && met)),
            Some("or") => parts[1..].iter().try_fold(false, |met, part| Some(self.is_met(part)? || met)),
            Some("not") if parts.len() == 2 => Some(!self.is_met(&parts[1])?),
            Some("library") if parts.len() == 2 => Some(is_library(&parts[1])),
            _ => {
                self.poison(
                    requirement.span,
                    "malformed requirement: expected a feature, (and …), (or …), (not …) or (library (…))",
                );
                None
            }
        }
    }

    /// `(syntax-error "message" datum …)`, less the keyword.
    pub(super) fn syntax_error(&mut self, parts: &[Datum], span: Span) -> Expr {
        match parts.first().map(|message| &message.kind) {
            Some(DatumKind::String(message)) => {
                self.record(SyntaxError::new(span, message.to_string()));
                Expr::poison(span)
            }
            _ => self.malformed(span, "(syntax-error \"message\" datum …)"),
        }
    }

    /// `(let-syntax ((keyword rules) …) body …)` or `letrec-syntax`, less the keyword.
    pub(super) fn let_syntax(&mut self, keyword: &str, parts: &[Datum], span: Span, environment: Environment) -> Expr {
        let shape = format!("({keyword} ((keyword (syntax-rules …)) …) body …)");
        let Some([bindings, body @ ..]) = parts.first().and_then(Datum::as_list).map(|_| parts) else {
            return self.malformed(span, &shape);
        };
        let scope = self.environments.inside(environment);
        let definition = if keyword == "let-syntax" { environment } else { scope };
        for binding in bindings.as_list().unwrap_or_default() {
            match binding.as_list() {
                Some([name, rules]) => self.bind_macro(name, rules, scope, definition),
                _ => {
                    self.malformed(binding.span, &shape);
                }
            }
        }
        self.body(body, span, scope)
    }
}

/// Whether what a library of R7RS or a SRFI defines is there without an import.
fn is_library(datum: &Datum) -> bool {
    let Some([family, part]) = datum.as_list() else {
        return false;
    };
    match (family.as_name().map(|name| &*name.text), &part.kind) {
        (Some("scheme"), DatumKind::Symbol(name)) => {
            ["base", "case-lambda", "char", "cxr", "inexact", "lazy", "read", "write"].contains(&&*name.text)
        }
        (Some("srfi"), DatumKind::Number(number)) => features().contains(&&*format!("srfi-{number}")),
        _ => false,
    }
}
