//! Data inside programs: `quote` and `quasiquote`, with what is spliced into them.

use super::{
    Expander,
    application::{append, flush},
    environment::Environment,
    tree::{Expr, Node},
};
use crate::{Datum, DatumKind, Name, Span, Splice, SyntaxError, stack::recurse, vocabulary::Form};

/// A part of a quotation.
enum Part {
    /// The same at every evaluation.
    Constant(Datum),
    /// To be evaluated.
    Computed(Expr),
    /// To be evaluated to a list whose items stand here.
    Spread(Expr),
}

/// How `unquote` is to be read.
#[derive(Clone, Copy)]
enum Mode {
    /// As data: inside `quote`.
    Quote,
    /// As an order when the level is 1.
    Quasi { level: u32, environment: Environment },
}

impl Expander<'_> {
    /// `(quote datum)`, less the keyword.
    pub(super) fn quote(&mut self, parts: &[Datum], span: Span) -> Expr {
        match parts {
            [datum] => self.whole(datum, span, Mode::Quote),
            _ => self.malformed(span, "(quote datum)"),
        }
    }

    /// A datum as data.
    pub(super) fn quotation(&mut self, datum: &Datum) -> Expr {
        self.whole(datum, datum.span, Mode::Quote)
    }

    /// `(quasiquote datum)`, less the keyword.
    pub(super) fn quasiquote(&mut self, parts: &[Datum], span: Span, environment: Environment) -> Expr {
        match parts {
            [datum] => self.whole(datum, span, Mode::Quasi { level: 1, environment }),
            _ => self.malformed(span, "(quasiquote datum)"),
        }
    }

    /// The datum without aliases; `None` if a value is spliced into it.
    pub(super) fn constant(&mut self, datum: &Datum) -> Option<Datum> {
        match self.part(datum, Mode::Quote) {
            Part::Constant(constant) => Some(constant),
            Part::Computed(_) | Part::Spread(_) => None,
        }
    }

    /// A quotation that was written at `span`.
    fn whole(&mut self, datum: &Datum, span: Span, mode: Mode) -> Expr {
        match self.part(datum, mode) {
            Part::Constant(constant) => Expr { span, ..Expr::literal(constant) },
            Part::Computed(expr) => expr,
            Part::Spread(expr) => self.poison_with_help(
                expr.span,
                "a sequence can be spread inside a list or a vector only",
                "for the list itself write `,` or unquote",
            ),
        }
    }

    fn part(&mut self, datum: &Datum, mode: Mode) -> Part {
        recurse(|| self.part_here(datum, mode))
    }

    fn part_here(&mut self, datum: &Datum, mode: Mode) -> Part {
        let span = datum.span;
        match &datum.kind {
            // Whatever an identifier means, as data it is its text.
            DatumKind::Symbol(name) => {
                Part::Constant(Datum::new(DatumKind::Symbol(Name { text: name.text.clone(), alias: None }), span))
            }
            DatumKind::Splice(Splice { hole, spread }) => {
                let expr = Expr::new(Node::Hole(*hole), span);
                if *spread { Part::Spread(expr) } else { Part::Computed(expr) }
            }
            DatumKind::List(items) => self.part_of_list(items, span, mode),
            DatumKind::Dotted(items, tail) => self.dotted(items, tail, span, mode),
            DatumKind::Vector(items) => {
                let parts = items.iter().map(|item| self.part(item, mode)).collect();
                match list(parts, None, span) {
                    Part::Constant(Datum { kind: DatumKind::List(items), .. }) => {
                        Part::Constant(Datum::new(DatumKind::Vector(items), span))
                    }
                    Part::Constant(other) => Part::Constant(other),
                    Part::Computed(expr) | Part::Spread(expr) => {
                        Part::Computed(Expr::call_offered("list->vector", vec![expr], span))
                    }
                }
            }
            DatumKind::Map(entries) => self.map(entries, span),
            _ => Part::Constant(datum.clone()),
        }
    }

    fn part_of_list(&mut self, items: &[Datum], span: Span, mode: Mode) -> Part {
        match self.order(items, mode) {
            Some(Order::Unquote(level, environment)) => self.unquote(items, span, level, environment),
            Some(Order::Quasiquote(level, environment)) => {
                let inner = Mode::Quasi { level, environment };
                let parts = vec![self.part(&items[0], Mode::Quote), self.part(&items[1], inner)];
                list(parts, None, span)
            }
            None => {
                let (items, tail) = self.unquoted_tail(items, mode);
                let parts = items.iter().map(|item| self.part(item, mode)).collect();
                let tail = tail.map(|tail| self.part_of_list(tail, tail[0].span.to(tail[1].span), mode));
                list(parts, tail, span)
            }
        }
    }

    /// Parts a list that ends in `. (unquote x)`, which reads as two more items.
    fn unquoted_tail<'d>(&self, items: &'d [Datum], mode: Mode) -> (&'d [Datum], Option<&'d [Datum]>) {
        if let Mode::Quasi { environment, .. } = mode
            && let Some((before @ [_, ..], tail @ [keyword, _])) =
                items.len().checked_sub(2).and_then(|at| items.split_at_checked(at))
            && self.keyword(keyword, environment) == Some(Form::Unquote)
        {
            return (before, Some(tail));
        }
        (items, None)
    }

    /// `(a … . tail)`
    fn dotted(&mut self, items: &[Datum], tail: &Datum, span: Span, mode: Mode) -> Part {
        let parts = items.iter().map(|item| self.part(item, mode)).collect();
        match self.part(tail, mode) {
            Part::Spread(_) => {
                self.error(
                    SyntaxError::new(tail.span, "a sequence cannot be spread after a dot")
                        .with_help("for the list as the tail write `,`"),
                );
                list(parts, None, span)
            }
            tail => list(parts, Some(tail), span),
        }
    }

    fn map(&mut self, entries: &[(Datum, Datum)], span: Span) -> Part {
        let mut constants = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            match (self.constant(key), self.constant(value)) {
                (Some(key), Some(value)) => constants.push((key, value)),
                _ => self.error(
                    SyntaxError::new(key.span.to(value.span), "a value cannot be spliced into a literal hash table")
                        .with_help("splice the whole table, or fill one with hash-table-set!"),
                ),
            }
        }
        Part::Constant(Datum::new(DatumKind::Map(constants), span))
    }

    /// What a list inside a quasi-quotation orders.
    fn order(&self, items: &[Datum], mode: Mode) -> Option<Order> {
        let Mode::Quasi { level, environment } = mode else {
            return None;
        };
        let [head, _] = items else {
            return None;
        };
        match self.keyword(head, environment)? {
            Form::Unquote | Form::UnquoteSplicing => Some(Order::Unquote(level, environment)),
            Form::Quasiquote => Some(Order::Quasiquote(level + 1, environment)),
            _ => None,
        }
    }

    /// `(unquote x)` or `(unquote-splicing x)` inside a quasi-quotation of some level.
    fn unquote(&mut self, items: &[Datum], span: Span, level: u32, environment: Environment) -> Part {
        let [keyword, operand] = items else {
            unreachable!("an order has two parts");
        };
        if level > 1 {
            let inner = Mode::Quasi { level: level - 1, environment };
            let parts = vec![self.part(keyword, Mode::Quote), self.part(operand, inner)];
            return list(parts, None, span);
        }
        let expr = self.expression(operand, environment);
        match self.keyword(keyword, environment) {
            Some(Form::UnquoteSplicing) => Part::Spread(expr),
            _ => Part::Computed(expr),
        }
    }
}

enum Order {
    /// At this level.
    Unquote(u32, Environment),
    /// To this level.
    Quasiquote(u32, Environment),
}

/// The list of `parts` in front of `tail`.
fn list(parts: Vec<Part>, tail: Option<Part>, span: Span) -> Part {
    let parts = match all_constant(parts) {
        Ok(constants) => match tail {
            None => return Part::Constant(Datum::new(DatumKind::List(constants), span)),
            Some(Part::Constant(tail)) => return Part::Constant(in_front_of(constants, tail, span)),
            Some(Part::Computed(tail) | Part::Spread(tail)) => {
                let constant = Expr::literal(Datum::new(DatumKind::List(constants), span));
                return Part::Computed(append(vec![constant, tail], span));
            }
        },
        Err(parts) => parts,
    };

    let mut lists = Vec::new();
    let mut singles = Vec::new();
    for part in parts {
        match part {
            Part::Constant(constant) => singles.push(Expr::literal(constant)),
            Part::Computed(expr) => singles.push(expr),
            Part::Spread(expr) => {
                flush(&mut singles, &mut lists, span);
                lists.push(expr);
            }
        }
    }
    flush(&mut singles, &mut lists, span);
    match tail {
        None => {}
        Some(Part::Constant(tail)) => lists.push(Expr::literal(tail)),
        Some(Part::Computed(tail) | Part::Spread(tail)) => lists.push(tail),
    }
    Part::Computed(append(lists, span))
}

fn all_constant(parts: Vec<Part>) -> Result<Vec<Datum>, Vec<Part>> {
    if !parts.iter().all(|part| matches!(part, Part::Constant(_))) {
        return Err(parts);
    }
    Ok(parts
        .into_iter()
        .filter_map(|part| match part {
            Part::Constant(constant) => Some(constant),
            Part::Computed(_) | Part::Spread(_) => None,
        })
        .collect())
}

/// Keeps to the shape of [`DatumKind::Dotted`]: its tail is no list.
pub(super) fn in_front_of(mut items: Vec<Datum>, tail: Datum, span: Span) -> Datum {
    let kind = match tail.kind {
        DatumKind::List(more) => {
            items.extend(more);
            DatumKind::List(items)
        }
        DatumKind::Dotted(more, tail) => {
            items.extend(more);
            DatumKind::Dotted(items, tail)
        }
        _ if items.is_empty() => return tail,
        kind => DatumKind::Dotted(items, Box::new(Datum::new(kind, tail.span))),
    };
    Datum::new(kind, span)
}
