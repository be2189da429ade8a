//! Patterns of `syntax-rules`: made from a datum, matched against the uses of a macro.

use std::collections::HashMap;

use super::{Expander, environment::Environment, macros::Dialect};
use crate::{Datum, DatumKind, Name, Span, SyntaxError, stack::recurse, vocabulary::Form};

#[derive(Debug)]
pub(super) enum Pattern {
    /// `_`
    Anything,
    /// An identifier that must stand there itself.
    Literal(Name),
    /// What stands there is kept in a slot.
    Variable(usize),
    /// A datum that must stand there.
    Constant(Datum),
    List(ListPattern),
    Vector(ListPattern),
}

/// `(before … repeated ... after … . tail)`
#[derive(Debug)]
pub(super) struct ListPattern {
    before: Vec<Pattern>,
    repeated: Option<Repeated>,
    after: Vec<Pattern>,
    tail: Option<Box<Pattern>>,
}

#[derive(Debug)]
struct Repeated {
    pattern: Box<Pattern>,
    /// The slots of its variables.
    slots: std::ops::Range<usize>,
}

/// The variables of a pattern.
#[derive(Debug, Default)]
pub(super) struct PatternVariables {
    slots: HashMap<Name, usize>,
    /// How many ellipses each stands under, by slot.
    depths: Vec<usize>,
}

impl PatternVariables {
    pub(super) fn count(&self) -> usize {
        self.depths.len()
    }

    /// The slot of a variable and how many ellipses it stands under.
    pub(super) fn find(&self, name: &Name) -> Option<(usize, usize)> {
        let slot = *self.slots.get(name)?;
        Some((slot, self.depths[slot]))
    }

    /// The variable in a slot.
    pub(super) fn name(&self, slot: usize) -> Option<&Name> {
        self.slots.iter().find(|(_, other)| **other == slot).map(|(name, _)| name)
    }

    /// A slot for another variable; `None` if there is one of that name.
    fn add(&mut self, name: &Name) -> Option<usize> {
        let slot = self.count();
        if self.slots.insert(name.clone(), slot).is_some() {
            return None;
        }
        self.depths.push(0);
        Some(slot)
    }
}

/// What a variable of a pattern stands for in a use.
#[derive(Debug, Clone)]
pub(super) enum Matched<'d> {
    One(&'d Datum),
    /// The rest of a list.
    Rest(&'d [Datum], Option<&'d Datum>),
    Many(Vec<Self>),
}

/// The environments of the use and of the definition of a macro.
pub(super) type Site = (Environment, Environment);

impl Expander<'_> {
    fn pattern(&mut self, datum: &Datum, dialect: &Dialect<'_>, variables: &mut PatternVariables) -> Option<Pattern> {
        let span = datum.span;
        Some(match &datum.kind {
            DatumKind::Symbol(name) if dialect.literals.contains(name) => Pattern::Literal(name.clone()),
            DatumKind::Symbol(_) if self.is_ellipsis(datum, dialect) => {
                self.poison(span, "an ellipsis repeats the pattern before it, and there is none");
                return None;
            }
            DatumKind::Symbol(_) if self.keyword(datum, dialect.environment) == Some(Form::Underscore) => {
                Pattern::Anything
            }
            DatumKind::Symbol(name) => {
                let Some(slot) = variables.add(name) else {
                    self.error(SyntaxError::new(span, format!("duplicate pattern variable `{}`", name.text)));
                    return None;
                };
                Pattern::Variable(slot)
            }
            DatumKind::List(items) => self.list_pattern(items, None, span, dialect, variables)?,
            DatumKind::Dotted(items, tail) => self.list_pattern(items, Some(tail), span, dialect, variables)?,
            DatumKind::Vector(items) => match self.list_pattern(items, None, span, dialect, variables)? {
                Pattern::List(list) => Pattern::Vector(list),
                other => other,
            },
            DatumKind::Splice(_) => {
                self.poison(span, "a value cannot be spliced into a pattern");
                return None;
            }
            _ => Pattern::Constant(datum.clone()),
        })
    }

    pub(super) fn list_pattern(
        &mut self,
        items: &[Datum],
        tail: Option<&Datum>,
        span: Span,
        dialect: &Dialect<'_>,
        variables: &mut PatternVariables,
    ) -> Option<Pattern> {
        recurse(|| {
            let mut before = Vec::new();
            let mut repeated = None;
            let mut after = Vec::new();
            let mut rest = items.iter().peekable();
            while let Some(item) = rest.next() {
                let first_slot = variables.count();
                let pattern = self.pattern(item, dialect, variables)?;
                if rest.next_if(|next| self.is_ellipsis(next, dialect)).is_none() {
                    if repeated.is_none() {
                        before.push(pattern)
                    } else {
                        after.push(pattern)
                    }
                    continue;
                }
                if repeated.is_some() {
                    self.poison(span, "a list of a pattern can repeat one part only");
                    return None;
                }
                let slots = first_slot..variables.count();
                variables.depths[slots.clone()].iter_mut().for_each(|depth| *depth += 1);
                repeated = Some(Repeated { pattern: Box::new(pattern), slots });
            }
            let tail = match tail {
                Some(tail) => Some(Box::new(self.pattern(tail, dialect, variables)?)),
                None => None,
            };
            Some(Pattern::List(ListPattern { before, repeated, after, tail }))
        })
    }

    /// Matches the operands of a use, which the keyword has been taken from.
    pub(super) fn matches_list<'d>(
        &mut self,
        pattern: &Pattern,
        items: &'d [Datum],
        tail: Option<&'d Datum>,
        span: Span,
        site: Site,
        slots: &mut [Option<Matched<'d>>],
    ) -> bool {
        let Pattern::List(list) = pattern else {
            return false;
        };
        self.matches_items(list, items, tail, span, site, slots)
    }

    fn matches<'d>(
        &mut self,
        pattern: &Pattern,
        datum: &'d Datum,
        span: Span,
        site: Site,
        slots: &mut [Option<Matched<'d>>],
    ) -> bool {
        if !self.spend(1, span) {
            return false;
        }
        match (pattern, &datum.kind) {
            (Pattern::Anything, _) => true,
            (Pattern::Variable(slot), _) => {
                slots[*slot] = Some(Matched::One(datum));
                true
            }
            (Pattern::Literal(literal), DatumKind::Symbol(name)) => {
                self.spend(self.weight_of_name(literal), span)
                    && self.meaning(name, site.0) == self.meaning(literal, site.1)
            }
            (Pattern::Constant(constant), _) => constant.is_like(datum),
            (Pattern::List(list), DatumKind::List(items)) => self.matches_items(list, items, None, span, site, slots),
            (Pattern::List(list), DatumKind::Dotted(items, tail)) => {
                self.matches_items(list, items, Some(tail), span, site, slots)
            }
            (Pattern::Vector(list), DatumKind::Vector(items)) => {
                self.matches_items(list, items, None, span, site, slots)
            }
            _ => false,
        }
    }

    fn matches_items<'d>(
        &mut self,
        list: &ListPattern,
        items: &'d [Datum],
        tail: Option<&'d Datum>,
        span: Span,
        site: Site,
        slots: &mut [Option<Matched<'d>>],
    ) -> bool {
        let Some(spare) = items.len().checked_sub(list.before.len() + list.after.len()) else {
            return false;
        };
        recurse(|| {
            let (before, rest) = items.split_at(list.before.len());
            if !list.before.iter().zip(before).all(|(part, item)| self.matches(part, item, span, site, slots)) {
                return false;
            }
            let Some(repeated) = &list.repeated else {
                return match (&list.tail, rest) {
                    (None, []) => tail.is_none(),
                    (None, _) => false,
                    (Some(pattern), rest) => self.matches_rest(pattern, rest, tail, span, site, slots),
                };
            };

            if !self.spend(repeated.slots.len(), span) {
                return false;
            }
            let (repeats, after) = rest.split_at(spare);
            let mut many: Vec<Vec<Matched<'d>>> = vec![Vec::with_capacity(spare); repeated.slots.len()];
            for item in repeats {
                if !self.matches(&repeated.pattern, item, span, site, slots) {
                    return false;
                }
                for (all, slot) in many.iter_mut().zip(repeated.slots.clone()) {
                    all.extend(slots[slot].take());
                }
            }
            for (all, slot) in many.into_iter().zip(repeated.slots.clone()) {
                slots[slot] = Some(Matched::Many(all));
            }
            list.after.iter().zip(after).all(|(part, item)| self.matches(part, item, span, site, slots))
                && match &list.tail {
                    None => tail.is_none(),
                    Some(pattern) => self.matches_rest(pattern, &[], tail, span, site, slots),
                }
        })
    }

    /// Matches what follows the dot of a pattern with the rest of a list.
    fn matches_rest<'d>(
        &mut self,
        pattern: &Pattern,
        rest: &'d [Datum],
        tail: Option<&'d Datum>,
        span: Span,
        site: Site,
        slots: &mut [Option<Matched<'d>>],
    ) -> bool {
        match (pattern, rest, tail) {
            (Pattern::Anything, ..) => true,
            (_, [], Some(tail)) => self.matches(pattern, tail, span, site, slots),
            (Pattern::Variable(slot), ..) => {
                slots[*slot] = Some(Matched::Rest(rest, tail));
                true
            }
            _ => false,
        }
    }
}
