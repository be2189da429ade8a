//! Parameter lists, and the procedures that have them.

use super::{
    Expander,
    environment::{Binding, Environment},
    tree::{Expr, Lambda, Node, VariableId},
};
use crate::{Datum, DatumKind, Span, SyntaxError};

/// The parameters of a procedure, bound in a scope of their own.
pub(super) struct Formals {
    pub(super) params: Vec<VariableId>,
    pub(super) rest: Option<VariableId>,
    /// Whether nothing about them was reported.
    pub(super) is_sound: bool,
}

impl Expander<'_> {
    /// `(lambda formals body …)`, less the keyword.
    pub(super) fn lambda(&mut self, parts: &[Datum], span: Span, environment: Environment) -> Expr {
        let [formals, body @ ..] = parts else {
            return self.malformed(span, "(lambda (parameter …) body …)");
        };
        match self.procedure(formals, body, span, environment) {
            Some(lambda) => Expr::new(Node::Lambda(lambda), span),
            None => Expr::poison(span),
        }
    }

    /// `(case-lambda (formals body …) …)`, less the keyword.
    pub(super) fn case_lambda(&mut self, parts: &[Datum], span: Span, environment: Environment) -> Expr {
        let mut lambdas = Vec::new();
        for clause in parts {
            let Some([formals, body @ ..]) = clause.as_list() else {
                self.malformed(clause.span, "(case-lambda ((parameter …) body …) …)");
                continue;
            };
            lambdas.extend(self.procedure(formals, body, clause.span, environment));
        }
        if lambdas.len() == parts.len() { Expr::new(Node::CaseLambda(lambdas), span) } else { Expr::poison(span) }
    }

    fn procedure(&mut self, formals: &Datum, body: &[Datum], span: Span, environment: Environment) -> Option<Lambda> {
        let scope = self.environments.inside(environment);
        let formals = self.formals(formals, scope);
        let body = self.under(&formals, |this| this.body(body, span, scope));
        formals.is_sound.then(|| Lambda { params: formals.params, rest: formals.rest, body: Box::new(body) })
    }

    /// Expands what sees these parameters: if one of them is missing, what its name means there is not known.
    pub(super) fn under(&mut self, formals: &Formals, work: impl FnOnce(&mut Self) -> Expr) -> Expr {
        let ignored = self.ignores_unbound;
        self.ignores_unbound |= !formals.is_sound;
        let body = work(self);
        self.ignores_unbound = ignored;
        body
    }

    /// Binds the names of a parameter list in `scope`.
    pub(super) fn formals(&mut self, datum: &Datum, scope: Environment) -> Formals {
        match &datum.kind {
            DatumKind::List(items) => self.formals_of(items, None, scope),
            DatumKind::Dotted(items, tail) => self.formals_of(items, Some(tail), scope),
            DatumKind::Symbol(_) => self.formals_of(&[], Some(datum), scope),
            _ => {
                self.not_a_name(datum, "a parameter list is made of names");
                Formals { params: Vec::new(), rest: None, is_sound: false }
            }
        }
    }

    pub(super) fn formals_of(&mut self, items: &[Datum], rest: Option<&Datum>, scope: Environment) -> Formals {
        let params: Vec<_> = items.iter().filter_map(|item| self.bind(item, "parameter", scope)).collect();
        let is_sound = params.len() == items.len();
        let tail = rest.map(|rest| self.bind(rest, "parameter", scope));
        Formals { params, rest: tail.flatten(), is_sound: is_sound && tail != Some(None) }
    }

    /// Binds a name to a new variable in `scope`; `None`, once reported, if it cannot be.
    pub(super) fn bind(&mut self, datum: &Datum, role: &str, scope: Environment) -> Option<VariableId> {
        let Some(name) = datum.as_name() else {
            self.not_a_name(datum, "a name must stand here");
            return None;
        };
        let id = self.new_variable(&name.text);
        if self.environments.bind(scope, name.clone(), Binding::Variable(id)) {
            return Some(id);
        }
        let error = SyntaxError::new(datum.span, format!("duplicate {role} `{}`", name.text));
        self.error(match role {
            "definition of" => error.with_help(format!("to change its value write (set! {} …)", name.text)),
            _ => error,
        });
        None
    }

    /// Reports something else where a name should stand.
    pub(super) fn not_a_name(&mut self, datum: &Datum, message: &str) {
        if matches!(datum.kind, DatumKind::Splice(_)) {
            self.poison_with_help(
                datum.span,
                "a spliced value cannot stand for a name",
                "splices stand where an expression is evaluated, or inside quoted data",
            );
        } else {
            self.poison(datum.span, message);
        }
    }
}
