//! Bodies: definitions first found, then expanded, so that all of them see each other.

use std::{borrow::Cow, collections::VecDeque};

use super::{
    Expander,
    environment::{Binding, Environment, Meaning},
    formals::Formals,
    tree::{Expr, Item, Node, VariableId},
};
use crate::{
    Datum, DatumKind, Span, SyntaxError,
    vocabulary::{Form, is_form_elsewhere, nearest},
};

/// A part of a body, its names bound and its expressions yet to be expanded.
pub(super) enum Found<'d> {
    /// `(define name value)` or `(define (name . formals) body …)`
    Definition {
        variable: VariableId,
        form: Cow<'d, Datum>,
    },
    /// `(define-values formals expression)`
    Values {
        formals: Formals,
        form: Cow<'d, Datum>,
    },
    /// What needs no further look.
    Items {
        items: Vec<Item>,
        span: Span,
    },
    Expression(Cow<'d, Datum>),
    /// A definition with a mistake in it.
    Broken,
}

impl Expander<'_> {
    /// The body of a procedure or of a binding form: definitions and expressions, an expression last.
    pub(super) fn body(&mut self, forms: &[Datum], span: Span, environment: Environment) -> Expr {
        let scope = self.environments.inside(environment);
        let mut found = self.scan(forms, scope);
        let last = match found.pop() {
            Some(Found::Expression(last)) => last,
            Some(definition) => {
                let place = match &definition {
                    Found::Definition { form, .. } | Found::Values { form, .. } => form.span,
                    Found::Items { span, .. } => *span,
                    Found::Expression(_) | Found::Broken => span,
                };
                if !matches!(definition, Found::Broken) {
                    self.poison_with_help(
                        place,
                        "a body ends with an expression",
                        "after its definitions, write the expression that gives the value",
                    );
                }
                self.items(found, scope);
                self.items(vec![definition], scope);
                return Expr::poison(span);
            }
            None => {
                const HELP: &str = "write the expression that gives the value";
                return self.poison_with_help(span, "a body needs an expression", HELP);
            }
        };
        let items = self.items(found, scope);
        let value = self.expression(&last, scope);
        if items.iter().any(|item| matches!(item, Item::Define(..))) {
            return Expr::new(Node::Body(items, Box::new(value)), span);
        }
        let effects = items.into_iter().filter_map(|item| match item {
            Item::Effect(expr) => Some(expr),
            Item::Define(..) => None,
        });
        Expr::sequence(effects.chain([value]).collect(), span)
    }

    /// Binds in `scope` what the forms define; expands macros as far as needed to see what is a definition.
    fn scan<'d>(&mut self, forms: &'d [Datum], scope: Environment) -> Vec<Found<'d>> {
        let mut found = Vec::new();
        let mut queue: VecDeque<Cow<'d, Datum>> = forms.iter().map(Cow::Borrowed).collect();
        while let Some(form) = queue.pop_front() {
            if let Some(used) = self.macro_of(&form, scope) {
                match self.transcribe(&used, &form, scope) {
                    Some(datum) => queue.push_front(Cow::Owned(datum)),
                    None => found.push(Found::Broken),
                }
                continue;
            }
            match self.form_of(&form, scope) {
                Some((Form::Begin, _)) => insert(&mut queue, form, 1),
                Some((Form::CondExpand, clauses)) => match self.chosen(clauses, form.span, scope) {
                    Some(position) => insert(&mut queue, item(form, 1 + position), 1),
                    None => found.push(Found::Broken),
                },
                Some((Form::Define, parts)) => match self.defined(parts, form.span, scope) {
                    Some(variable) => found.push(Found::Definition { variable, form }),
                    None => found.push(Found::Broken),
                },
                Some((Form::DefineValues, parts)) => {
                    let [formals, _] = parts else {
                        self.malformed(form.span, "(define-values (name …) expression)");
                        self.bind_mentioned(parts.get(..1).unwrap_or_default(), scope);
                        found.push(Found::Broken);
                        continue;
                    };
                    let formals = self.formals(formals, scope);
                    found.push(Found::Values { formals, form });
                }
                Some((Form::DefineRecordType, parts)) => {
                    let items = self.record_type(parts, form.span, scope);
                    found.push(items.map_or(Found::Broken, |items| Found::Items { items, span: form.span }));
                }
                Some((Form::DefineSyntax, parts)) => {
                    let [name, rules] = parts else {
                        self.malformed(form.span, "(define-syntax keyword (syntax-rules …))");
                        self.bind_mentioned(parts.get(..1).unwrap_or_default(), scope);
                        continue;
                    };
                    self.bind_macro(name, rules, scope, scope);
                }
                _ => found.push(Found::Expression(form)),
            }
        }
        // Now that all names of the body are bound: what means nothing yet never will.
        for part in &mut found {
            if let Found::Expression(form) = part
                && self.is_broken_definition(form, scope)
            {
                *part = Found::Broken;
            }
        }
        found
    }

    /// Whether an expression would be a definition but for a mistake, which is reported; binds what it would define.
    fn is_broken_definition(&mut self, form: &Datum, scope: Environment) -> bool {
        let Some([head, parts @ ..]) = form.as_list() else {
            return false;
        };
        let Some(name) = head.as_name() else {
            return false;
        };
        match self.meaning(name, scope) {
            // A macro whose rules have a mistake in them could define anything.
            Meaning::Bound(Binding::Unknown) => {}
            Meaning::Unbound(_) if self.is_meant_to_define(&name.text, scope) => {
                self.expression(head, scope);
            }
            _ => return false,
        }
        self.bind_mentioned(parts.get(..1).unwrap_or_default(), scope);
        true
    }

    fn is_meant_to_define(&mut self, text: &str, scope: Environment) -> bool {
        if is_form_elsewhere(text) {
            return text.starts_with("def");
        }
        // The few first: a body may hold many names that mean nothing.
        let definitions = ["define", "define-values", "define-record-type", "define-syntax"];
        let near = nearest(text, definitions);
        near.is_some() && self.near(text, scope).as_deref() == near
    }

    /// Binds the names in what a broken definition defines, so that their uses are not reported too.
    pub(super) fn bind_mentioned(&mut self, parts: &[Datum], scope: Environment) {
        for part in parts {
            let mut target = part;
            while let Some([first @ Datum { kind: DatumKind::List(_), .. }, ..]) = target.as_list() {
                target = first;
            }
            for name in target.as_list().unwrap_or(std::slice::from_ref(target)).iter().filter_map(Datum::as_name) {
                self.environments.bind_unknown(scope, name);
            }
        }
    }

    /// Binds the name that a `define` defines.
    fn defined(&mut self, parts: &[Datum], span: Span, scope: Environment) -> Option<VariableId> {
        let mut target = parts.first();
        let is_procedure = target.is_some_and(|target| target.as_name().is_none());
        while let Some(Datum { kind: DatumKind::List(items) | DatumKind::Dotted(items, _), .. }) = target {
            target = items.first();
        }
        let Some(target) = target.filter(|_| is_procedure || parts.len() == 2) else {
            const MESSAGE: &str =
                "malformed define: expected (define name value) or (define (name parameter …) body …)";
            let error = SyntaxError::new(span, MESSAGE);
            let name = parts.first().and_then(Datum::as_name);
            if let Some(name) = name {
                self.environments.bind_unknown(scope, name);
            }
            self.error(match (name, parts.len()) {
                (Some(name), 3..) => error.with_help(format!(
                    "a name is given one value; a procedure is (define ({} parameter …) body …)",
                    name.text
                )),
                _ => error,
            });
            return None;
        };
        self.bind(target, "definition of", scope)
    }

    fn items(&mut self, found: Vec<Found<'_>>, scope: Environment) -> Vec<Item> {
        let mut items = Vec::with_capacity(found.len());
        for part in found {
            match part {
                Found::Definition { variable, form } => {
                    let parts = &form.as_list().unwrap_or_default()[1..];
                    let value = match &parts[0].kind {
                        DatumKind::List(target) => self.defined_procedure(target, None, &parts[1..], form.span, scope),
                        DatumKind::Dotted(target, rest) => {
                            self.defined_procedure(target, Some(rest), &parts[1..], form.span, scope)
                        }
                        _ => self.expression(&parts[1], scope),
                    };
                    items.push(Item::Define(variable, value));
                }
                Found::Values { formals, form } => {
                    let value = &form.as_list().unwrap_or_default()[2];
                    let value = self.expression(value, scope);
                    self.define_values(&formals, value, form.span, &mut items);
                }
                Found::Items { items: more, .. } => items.extend(more),
                Found::Expression(datum) => items.push(Item::Effect(self.expression(&datum, scope))),
                Found::Broken => items.push(Item::Effect(Expr::poison(Span::default()))),
            }
        }
        items
    }

    /// The value of `(define (name . formals) body …)`, where the name may itself be `(name . formals)`.
    fn defined_procedure(
        &mut self,
        target: &[Datum],
        rest: Option<&Datum>,
        body: &[Datum],
        span: Span,
        environment: Environment,
    ) -> Expr {
        // Outermost procedure first.
        let mut lists = vec![(&target[1..], rest)];
        let mut head = &target[0];
        loop {
            match &head.kind {
                DatumKind::List(items) => {
                    lists.push((&items[1..], None));
                    head = &items[0];
                }
                DatumKind::Dotted(items, rest) => {
                    lists.push((&items[1..], Some(rest)));
                    head = &items[0];
                }
                _ => break,
            }
        }
        self.curried(&lists, body, span, environment)
    }

    /// Procedures that give procedures; the last parameter list is the outermost one's.
    fn curried(
        &mut self,
        lists: &[(&[Datum], Option<&Datum>)],
        body: &[Datum],
        span: Span,
        environment: Environment,
    ) -> Expr {
        let Some(((items, rest), inner)) = lists.split_last() else {
            return self.body(body, span, environment);
        };
        let scope = self.environments.inside(environment);
        let formals = self.formals_of(items, *rest, scope);
        let body = self.under(&formals, |this| this.nested(span, |this| this.curried(inner, body, span, scope)));
        if formals.is_sound { Expr::lambda(formals.params, formals.rest, body, span) } else { Expr::poison(span) }
    }

    /// The values go through a vector: each variable is defined from it in turn.
    fn define_values(&mut self, formals: &Formals, value: Expr, span: Span, items: &mut Vec<Item>) {
        let all: Vec<_> = formals.params.iter().copied().chain(formals.rest).collect();
        if !formals.is_sound {
            return items.extend(all.into_iter().map(|variable| Item::Define(variable, Expr::poison(span))));
        }
        let received: Vec<_> = all.iter().map(|_| self.temporary()).collect();
        let (params, rest) = match formals.rest {
            Some(_) => (received[..received.len() - 1].to_vec(), received.last().copied()),
            None => (received.clone(), None),
        };
        let vector = received.iter().map(|id| Expr::variable(*id, span)).collect();
        let receiver = Expr::lambda(params, rest, Expr::call_offered("vector", vector, span), span);
        let gathered = Expr::call_offered("call-with-values", vec![Expr::thunk(value, span), receiver], span);
        let kept = self.temporary();
        items.push(Item::Define(kept, gathered));
        for (position, variable) in (0_i64..).zip(all) {
            let position = Expr::constant(DatumKind::Number(position.into()), span);
            let value = Expr::call_offered("vector-ref", vec![Expr::variable(kept, span), position], span);
            items.push(Item::Define(variable, value));
        }
    }

    /// Binds a keyword in `scope` to the rules of a macro that is defined in `definition`.
    pub(super) fn bind_macro(&mut self, name: &Datum, rules: &Datum, scope: Environment, definition: Environment) {
        let Some(keyword) = name.as_name() else {
            self.not_a_name(name, "a keyword must be a name");
            return;
        };
        let binding = match self.syntax_rules(rules, keyword, definition) {
            Some(rules) => Binding::Macro(rules.into()),
            None => Binding::Unknown,
        };
        if !self.environments.bind(scope, keyword.clone(), binding) {
            let message = format!("duplicate definition of `{}`", keyword.text);
            self.error(SyntaxError::new(name.span, message));
        }
    }
}

/// An item of a list.
fn item(form: Cow<'_, Datum>, position: usize) -> Cow<'_, Datum> {
    match form {
        Cow::Borrowed(Datum { kind: DatumKind::List(items), .. }) => Cow::Borrowed(&items[position]),
        Cow::Owned(Datum { kind: DatumKind::List(mut items), .. }) => Cow::Owned(items.swap_remove(position)),
        atom => atom,
    }
}

/// Puts the items of a list, less the first `skipped`, at the front of the queue.
fn insert<'d>(queue: &mut VecDeque<Cow<'d, Datum>>, form: Cow<'d, Datum>, skipped: usize) {
    match form {
        Cow::Borrowed(form) => {
            let items = form.as_list().unwrap_or_default();
            items[skipped..].iter().rev().for_each(|item| queue.push_front(Cow::Borrowed(item)));
        }
        Cow::Owned(Datum { kind: DatumKind::List(mut items), .. }) => {
            items.drain(skipped..).rev().for_each(|item| queue.push_front(Cow::Owned(item)));
        }
        Cow::Owned(_) => {}
    }
}
