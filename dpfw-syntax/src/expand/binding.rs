//! Forms that bind variables: `let let* letrec letrec* do`, and `set!`.

use super::{
    Expander,
    environment::{Binding, Environment, Meaning},
    excerpt::excerpt,
    tree::{Expr, Item, Node, VariableId},
};
use crate::{Datum, Span};

impl Expander<'_> {
    /// `let`, named or not.
    pub(super) fn let_form(&mut self, parts: &[Datum], span: Span, environment: Environment) -> Expr {
        match parts {
            [name, bindings, body @ ..] if name.as_name().is_some() => {
                self.named_let(name, bindings, body, span, environment)
            }
            [bindings, body @ ..] => {
                let Some((pairs, mut is_sound)) = self.pairs(bindings, "let") else {
                    return Expr::poison(span);
                };
                let values: Vec<_> = pairs.iter().map(|(_, value)| self.expression(value, environment)).collect();
                let scope = self.environments.inside(environment);
                let names: Vec<_> = pairs.iter().filter_map(|(name, _)| self.bind(name, "binding", scope)).collect();
                self.bind_unknown(bindings.as_list().unwrap_or_default(), scope);
                let body = self.body(body, span, scope);
                is_sound &= names.len() == values.len();
                if !is_sound {
                    return Expr::poison(span);
                }
                if names.is_empty() {
                    return body;
                }
                Expr::call(Expr::lambda(names, None, body, span), values, span)
            }
            [] => self.malformed(span, "(let ((name value) …) body …)"),
        }
    }

    fn named_let(
        &mut self,
        name: &Datum,
        bindings: &Datum,
        body: &[Datum],
        span: Span,
        environment: Environment,
    ) -> Expr {
        let Some((pairs, mut is_sound)) = self.pairs(bindings, "let") else {
            return Expr::poison(span);
        };
        let values: Vec<_> = pairs.iter().map(|(_, value)| self.expression(value, environment)).collect();
        let around = self.environments.inside(environment);
        let label = self.bind(name, "name", around);
        let scope = self.environments.inside(around);
        let params: Vec<_> = pairs.iter().filter_map(|(name, _)| self.bind(name, "binding", scope)).collect();
        self.bind_unknown(bindings.as_list().unwrap_or_default(), scope);
        let body = self.body(body, span, scope);
        is_sound &= params.len() == values.len();
        match label {
            Some(label) if is_sound => looped(label, params, body, values, span),
            _ => Expr::poison(span),
        }
    }

    pub(super) fn let_star(&mut self, parts: &[Datum], span: Span, environment: Environment) -> Expr {
        let [bindings, body @ ..] = parts else {
            return self.malformed(span, "(let* ((name value) …) body …)");
        };
        let Some((pairs, is_sound)) = self.pairs(bindings, "let*") else {
            return Expr::poison(span);
        };
        let scope = self.environments.inside(environment);
        // Only where a binding is malformed: a sound one is not in scope before its turn, and its name may mean
        // something outside until then.
        if !is_sound {
            self.bind_unknown(bindings.as_list().unwrap_or_default(), scope);
        }
        let expr = self.let_each(&pairs, body, span, scope);
        if is_sound { expr } else { Expr::poison(span) }
    }

    fn let_each(&mut self, pairs: &[(&Datum, &Datum)], body: &[Datum], span: Span, environment: Environment) -> Expr {
        let Some(((name, value), rest)) = pairs.split_first() else {
            return self.body(body, span, environment);
        };
        let value = self.expression(value, environment);
        let scope = self.environments.inside(environment);
        let variable = self.bind(name, "binding", scope);
        let body = self.nested(span, |this| this.let_each(rest, body, span, scope));
        match variable {
            Some(variable) => Expr::let_one(variable, value, body, span),
            None => Expr::poison(span),
        }
    }

    /// `letrec` or `letrec*`: their difference is that a program may not rely on the order of the former.
    pub(super) fn letrec(&mut self, keyword: &str, parts: &[Datum], span: Span, environment: Environment) -> Expr {
        let [bindings, body @ ..] = parts else {
            return self.malformed(span, &format!("({keyword} ((name value) …) body …)"));
        };
        let Some((pairs, mut is_sound)) = self.pairs(bindings, keyword) else {
            return Expr::poison(span);
        };
        let scope = self.environments.inside(environment);
        let names: Vec<_> = pairs.iter().filter_map(|(name, _)| self.bind(name, "binding", scope)).collect();
        self.bind_unknown(bindings.as_list().unwrap_or_default(), scope);
        let values: Vec<_> = pairs.iter().map(|(_, value)| self.expression(value, scope)).collect();
        let body = self.body(body, span, scope);
        is_sound &= names.len() == values.len();
        if !is_sound {
            return Expr::poison(span);
        }
        let items = names.into_iter().zip(values).map(|(name, value)| Item::Define(name, value)).collect();
        Expr::new(Node::Body(items, Box::new(body)), span)
    }

    /// `(do ((name first [next]) …) (test value …) command …)`, less the keyword.
    pub(super) fn do_loop(&mut self, parts: &[Datum], span: Span, environment: Environment) -> Expr {
        const SHAPE: &str = "(do ((name first [next]) …) (test value …) command …)";
        let [bindings, exit, commands @ ..] = parts else {
            return self.malformed(span, SHAPE);
        };
        let (Some(items), Some([test, results @ ..])) = (bindings.as_list(), exit.as_list()) else {
            return self.malformed(span, SHAPE);
        };
        let mut names = Vec::new();
        let mut firsts = Vec::new();
        let mut steps = Vec::new();
        let mut is_sound = !self.is_unwrapped(bindings, 3, "do", "((name first [next]) …)");
        for binding in if is_sound { items } else { &[] } {
            let (name, first, next) = match binding.as_list() {
                Some([name, first]) => (name, first, name),
                Some([name, first, next]) => (name, first, next),
                _ => {
                    self.poison(binding.span, "malformed do binding: expected (name first [next])");
                    is_sound = false;
                    continue;
                }
            };
            names.push(name);
            firsts.push(self.expression(first, environment));
            steps.push(next);
        }
        let scope = self.environments.inside(environment);
        let params: Vec<_> = names.iter().filter_map(|name| self.bind(name, "binding", scope)).collect();
        is_sound &= params.len() == names.len();
        self.bind_unknown(items, scope);
        let test = self.test(test, scope);
        self.check_test(&test, exit);
        let value = self.sequence(results, exit.span, scope);
        let mut round: Vec<_> = commands.iter().map(|command| self.expression(command, scope)).collect();
        let nexts = steps.into_iter().map(|next| self.expression(next, scope)).collect();
        if !is_sound {
            return Expr::poison(span);
        }
        let label = self.temporary();
        round.push(Expr::call(Expr::variable(label, span), nexts, span));
        let body = Expr::conditional(test, value, Expr::sequence(round, span), span);
        looped(label, params, body, firsts, span)
    }

    /// `(set! name value)`, less the keyword.
    pub(super) fn assign(&mut self, parts: &[Datum], span: Span, environment: Environment) -> Expr {
        let [target, value] = parts else {
            return self.malformed(span, "(set! name value)");
        };
        let value = self.expression(value, environment);
        let Some(name) = target.as_name() else {
            self.not_a_name(target, "set! assigns to a name");
            return Expr::poison(span);
        };
        match self.meaning(name, environment) {
            Meaning::Bound(Binding::Variable(id)) => {
                self.variables[id.0 as usize].assigned = true;
                Expr::new(Node::Assign(id, Box::new(value)), span)
            }
            Meaning::Bound(Binding::Unknown) => Expr::poison(span),
            Meaning::Bound(Binding::Macro(_)) | Meaning::Form(_) => {
                self.poison(target.span, format!("`{}` is a keyword and cannot be assigned", name.text))
            }
            Meaning::Procedure(text) => self.poison_with_help(
                target.span,
                format!("`{text}` is a procedure of the slave and cannot be assigned"),
                format!("make a variable of your own: (define {text} …)"),
            ),
            Meaning::Unbound(text) => {
                self.unbound(name, target.span, environment, format!("set! of unbound variable `{text}`"), None)
            }
        }
    }

    /// The well-formed bindings of a `((name value) …)`, and whether all are; `None` if it is no list.
    fn pairs<'d>(&mut self, bindings: &'d Datum, keyword: &str) -> Option<(Vec<(&'d Datum, &'d Datum)>, bool)> {
        let Some(items) = bindings.as_list() else {
            self.malformed(bindings.span, &format!("({keyword} ((name value) …) body …)"));
            return None;
        };
        if self.is_unwrapped(bindings, 2, keyword, "((name value) …)") {
            return Some((Vec::new(), false));
        }
        let mut pairs = Vec::with_capacity(items.len());
        for item in items {
            match item.as_list() {
                Some([name, value]) => pairs.push((name, value)),
                _ => {
                    self.poison(item.span, format!("malformed {keyword} binding: expected (name value)"));
                }
            }
        }
        let is_sound = pairs.len() == items.len();
        Some((pairs, is_sound))
    }

    /// Whether `bindings` is a single binding without the parentheses around all of them; reports it if it is.
    pub(super) fn is_unwrapped(&mut self, bindings: &Datum, length_max: usize, keyword: &str, shape: &str) -> bool {
        let is_binding = |items: &[Datum]| (2..=length_max).contains(&items.len()) && items[0].as_name().is_some();
        if !bindings.as_list().is_some_and(is_binding) {
            return false;
        }
        let help = match excerpt(bindings) {
            Some(binding) => format!("write ({binding})"),
            None => "around all bindings there are parentheses too".into(),
        };
        self.poison_with_help(bindings.span, format!("malformed {keyword} bindings: expected {shape}"), help);
        true
    }

    /// Binds the names of malformed bindings, so that their uses are not reported too.
    fn bind_unknown(&mut self, bindings: &[Datum], scope: Environment) {
        for binding in bindings {
            let name = binding.as_list().map_or(Some(binding), <[Datum]>::first);
            if let Some(name) = name.and_then(Datum::as_name) {
                self.environments.bind_unknown(scope, name);
            }
        }
    }
}

/// A loop: `label` is a procedure of `params`, called with the `values` first.
fn looped(label: VariableId, params: Vec<VariableId>, body: Expr, values: Vec<Expr>, span: Span) -> Expr {
    let procedure = Expr::lambda(params, None, body, span);
    let call = Expr::call(Expr::variable(label, span), values, span);
    Expr::new(Node::Body(vec![Item::Define(label, procedure)], Box::new(call)), span)
}
