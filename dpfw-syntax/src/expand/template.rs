//! Templates of `syntax-rules`: made from a datum, filled in for each use of a macro.

use std::collections::HashMap;

use super::{
    BYTES_PER_NODE, Expander,
    environment::Environment,
    macros::Dialect,
    pattern::{Matched, PatternVariables},
    quotation::in_front_of,
};
use crate::{Datum, DatumKind, Name, Span, stack::recurse};

#[derive(Debug)]
pub(super) enum Template {
    /// What the variable of a pattern stands for.
    Variable(usize),
    /// An identifier that the macro introduces.
    Name(Name),
    Constant(Datum),
    List(Vec<Element>, Option<Box<Self>>),
    Vector(Vec<Element>),
}

/// An item of a list, with the ellipses that follow it.
#[derive(Debug)]
pub(super) struct Element {
    template: Template,
    /// For each ellipsis, the outermost first: the slots that it walks along.
    walks: Vec<Vec<usize>>,
}

/// The slots that a template uses, each with the ellipses that must still follow.
type Open = Vec<(usize, usize)>;

/// The filling of one template.
struct Filling<'s> {
    /// Aliases made so far: one for each name that the macro introduces.
    aliases: HashMap<Name, Name>,
    definition: Environment,
    /// The use of the macro: mistakes in what it makes are reported there.
    span: Span,
    slots: Vec<Option<&'s Matched<'s>>>,
    depth: u32,
}

impl Expander<'_> {
    pub(super) fn template(
        &mut self,
        datum: &Datum,
        dialect: &Dialect<'_>,
        variables: &PatternVariables,
    ) -> Option<Template> {
        let mut open = Vec::new();
        let template = self.part_of_template(datum, dialect, variables, true, &mut open)?;
        let Some((slot, _)) = open.iter().find(|(_, missing)| *missing > 0) else {
            return Some(template);
        };
        let name = variables.name(*slot).map_or("?", |name| &*name.text);
        self.poison(datum.span, format!("`{name}` repeats in the pattern, so `...` must follow it in the template"));
        None
    }

    /// `has_ellipsis` is false inside `(... template)`, where `...` stands for itself.
    fn part_of_template(
        &mut self,
        datum: &Datum,
        dialect: &Dialect<'_>,
        variables: &PatternVariables,
        has_ellipsis: bool,
        open: &mut Open,
    ) -> Option<Template> {
        recurse(|| match &datum.kind {
            DatumKind::Symbol(name) => {
                let Some((slot, depth)) = variables.find(name) else {
                    return Some(Template::Name(name.clone()));
                };
                open.push((slot, depth));
                Some(Template::Variable(slot))
            }
            DatumKind::List(items) => match items.as_slice() {
                [escape, template] if has_ellipsis && self.is_ellipsis(escape, dialect) => {
                    self.part_of_template(template, dialect, variables, false, open)
                }
                items => {
                    let elements = self.elements(items, dialect, variables, has_ellipsis, open)?;
                    Some(Template::List(elements, None))
                }
            },
            DatumKind::Dotted(items, tail) => {
                let elements = self.elements(items, dialect, variables, has_ellipsis, open)?;
                let tail = self.part_of_template(tail, dialect, variables, has_ellipsis, open)?;
                Some(Template::List(elements, Some(Box::new(tail))))
            }
            DatumKind::Vector(items) => {
                Some(Template::Vector(self.elements(items, dialect, variables, has_ellipsis, open)?))
            }
            _ => Some(Template::Constant(datum.clone())),
        })
    }

    fn elements(
        &mut self,
        items: &[Datum],
        dialect: &Dialect<'_>,
        variables: &PatternVariables,
        has_ellipsis: bool,
        open: &mut Open,
    ) -> Option<Vec<Element>> {
        let mut elements = Vec::with_capacity(items.len());
        let mut rest = items.iter().peekable();
        while let Some(item) = rest.next() {
            let mut inside = Vec::new();
            let template = self.part_of_template(item, dialect, variables, has_ellipsis, &mut inside)?;
            let mut walks = Vec::new();
            while has_ellipsis && rest.next_if(|next| self.is_ellipsis(next, dialect)).is_some() {
                // An ellipsis walks along the variables that still need one.
                let walked: Vec<_> = inside.iter().filter(|(_, missing)| *missing > 0).map(|(slot, _)| *slot).collect();
                if walked.is_empty() {
                    self.poison(item.span, "`...` follows a template in which nothing repeats");
                    return None;
                }
                inside.iter_mut().for_each(|(_, missing)| *missing = missing.saturating_sub(1));
                walks.push(walked);
            }
            walks.reverse();
            open.append(&mut inside);
            elements.push(Element { template, walks });
        }
        Some(elements)
    }

    /// The datum that a template makes of what its pattern matched.
    pub(super) fn instantiate(
        &mut self,
        template: &Template,
        slots: &[Option<Matched<'_>>],
        definition: Environment,
        span: Span,
    ) -> Option<Datum> {
        let slots = slots.iter().map(Option::as_ref).collect();
        let mut filling = Filling { aliases: HashMap::new(), definition, span, slots, depth: 0 };
        self.fill(template, &mut filling)
    }

    fn fill(&mut self, template: &Template, filling: &mut Filling<'_>) -> Option<Datum> {
        let span = filling.span;
        if !self.spend(1, span) || !self.is_shallow(filling) {
            return None;
        }
        filling.depth += 1;
        let datum = recurse(|| {
            Some(match template {
                Template::Variable(slot) => match filling.slots[*slot] {
                    Some(Matched::One(datum)) => self.copy(datum, filling)?,
                    Some(Matched::Rest(items, tail)) => {
                        let items = items.iter().map(|item| self.copy(item, filling)).collect::<Option<Vec<_>>>()?;
                        match tail {
                            Some(tail) => in_front_of(items, self.copy(tail, filling)?, span),
                            None => Datum::new(DatumKind::List(items), span),
                        }
                    }
                    Some(Matched::Many(_)) | None => {
                        self.poison(span, "a variable of this macro repeats more often than its template says");
                        return None;
                    }
                },
                Template::Name(name) => {
                    if !self.spend(self.weight_of_name(name), span) {
                        return None;
                    }
                    let environment = filling.definition;
                    let alias = filling.aliases.entry(name.clone());
                    let alias = alias.or_insert_with(|| self.environments.alias(name, environment));
                    Datum::new(DatumKind::Symbol(alias.clone()), span)
                }
                Template::Constant(datum) => Datum::new(self.copy(datum, filling)?.kind, span),
                Template::List(elements, tail) => {
                    let items = self.fill_all(elements, filling)?;
                    match tail {
                        Some(tail) => in_front_of(items, self.fill(tail, filling)?, span),
                        None => Datum::new(DatumKind::List(items), span),
                    }
                }
                Template::Vector(elements) => Datum::new(DatumKind::Vector(self.fill_all(elements, filling)?), span),
            })
        });
        filling.depth -= 1;
        datum
    }

    fn fill_all(&mut self, elements: &[Element], filling: &mut Filling<'_>) -> Option<Vec<Datum>> {
        let mut items = Vec::with_capacity(elements.len());
        for element in elements {
            self.repeat(&element.template, &element.walks, filling, &mut items)?;
        }
        Some(items)
    }

    fn repeat(
        &mut self,
        template: &Template,
        walks: &[Vec<usize>],
        filling: &mut Filling<'_>,
        items: &mut Vec<Datum>,
    ) -> Option<()> {
        let Some((walked, inner)) = walks.split_first() else {
            items.push(self.fill(template, filling)?);
            return Some(());
        };
        if !self.spend(walked.len(), filling.span) {
            return None;
        }
        let mut columns = Vec::with_capacity(walked.len());
        for slot in walked {
            match filling.slots[*slot] {
                Some(whole @ Matched::Many(column)) => columns.push((*slot, whole, column)),
                _ => {
                    self.poison(filling.span, "`...` follows a variable of this macro too often");
                    return None;
                }
            }
        }
        let count = columns.iter().map(|(_, _, column)| column.len()).max().unwrap_or(0);
        if columns.iter().any(|(_, _, column)| column.len() != count) {
            self.poison(filling.span, "parts of this use that repeat together differ in length");
            return None;
        }
        for position in 0..count {
            for (slot, _, column) in &columns {
                filling.slots[*slot] = Some(&column[position]);
            }
            self.repeat(template, inner, filling, items)?;
        }
        for (slot, whole, _) in columns {
            filling.slots[slot] = Some(whole);
        }
        Some(())
    }

    /// A deep copy that counts against the budget.
    fn copy(&mut self, datum: &Datum, filling: &mut Filling<'_>) -> Option<Datum> {
        if !self.spend(1 + self.weight(datum), filling.span) || !self.is_shallow(filling) {
            return None;
        }
        filling.depth += 1;
        let kind = recurse(|| {
            Some(match &datum.kind {
                DatumKind::List(items) => DatumKind::List(self.copy_all(items, filling)?),
                DatumKind::Vector(items) => DatumKind::Vector(self.copy_all(items, filling)?),
                DatumKind::Dotted(items, tail) => {
                    DatumKind::Dotted(self.copy_all(items, filling)?, Box::new(self.copy(tail, filling)?))
                }
                DatumKind::Map(entries) => {
                    let copies =
                        entries.iter().map(|(key, value)| Some((self.copy(key, filling)?, self.copy(value, filling)?)));
                    DatumKind::Map(copies.collect::<Option<_>>()?)
                }
                kind => kind.clone(),
            })
        });
        filling.depth -= 1;
        Some(Datum::new(kind?, datum.span))
    }

    fn copy_all(&mut self, items: &[Datum], filling: &mut Filling<'_>) -> Option<Vec<Datum>> {
        items.iter().map(|item| self.copy(item, filling)).collect()
    }

    /// How many nodes more than one an atom counts for: as many as it takes the place and the time of.
    fn weight(&self, datum: &Datum) -> usize {
        match &datum.kind {
            DatumKind::Symbol(name) => self.weight_of_name(name),
            DatumKind::Keyword(text) | DatumKind::String(text) => text.len() / BYTES_PER_NODE,
            DatumKind::Bytes(bytes) => bytes.len() / 4,
            DatumKind::F64Vector(floats) => floats.len(),
            DatumKind::Number(number) => number.bits() / BYTES_PER_NODE,
            _ => 0,
        }
    }

    /// All names that an alias stands for are looked up where it stands.
    pub(super) fn weight_of_name(&self, name: &Name) -> usize {
        name.text.len() / BYTES_PER_NODE + self.environments.length(name)
    }

    fn is_shallow(&mut self, filling: &Filling<'_>) -> bool {
        if filling.depth < super::EXPANSION_DEPTH_MAX {
            return true;
        }
        self.too_deep(filling.span);
        false
    }
}
