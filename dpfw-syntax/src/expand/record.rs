//! `define-record-type`.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{
    Expander,
    environment::Environment,
    tree::{Expr, Item, VariableId},
};
use crate::{Datum, DatumKind, Span, SyntaxError};

const SHAPE: &str = "(define-record-type name (constructor field …) predicate (field accessor [modifier]) …)";

/// A field: its name, accessor and modifier.
struct Field<'d> {
    name: &'d Datum,
    accessor: Option<&'d Datum>,
    modifier: Option<&'d Datum>,
}

impl Expander<'_> {
    /// The definitions that a record type stands for; `None`, once reported, if it is malformed.
    pub(super) fn record_type(&mut self, parts: &[Datum], span: Span, scope: Environment) -> Option<Vec<Item>> {
        let items = self.record_items(parts, span, scope);
        if items.is_none() {
            self.bind_mentioned(parts, scope);
        }
        items
    }

    fn record_items(&mut self, parts: &[Datum], span: Span, scope: Environment) -> Option<Vec<Item>> {
        let [name, constructor, predicate, fields @ ..] = parts else {
            self.malformed(span, SHAPE);
            return None;
        };
        let fields = self.fields(fields)?;
        let names: Vec<Arc<str>> = fields.iter().filter_map(|field| Some(field.name.as_name()?.text.clone())).collect();

        let label = name.as_name().map(|name| name.text.clone());
        let record_type = self.bind(name, "definition of", scope)?;
        let quoted_names = names.iter().map(|name| Datum::symbol(name.clone(), span)).collect();
        let quoted =
            vec![Expr::symbol(&label.unwrap_or_default(), span), Expr::constant(DatumKind::List(quoted_names), span)];
        let mut items = vec![Item::Define(record_type, Expr::call_offered("%record-type", quoted, span))];

        self.constructor(constructor, &fields, record_type, scope, &mut items)?;
        if let Some(variable) = self.optional(predicate, scope)? {
            let record = self.temporary();
            let operands = vec![Expr::variable(record, span), Expr::variable(record_type, span)];
            let test = Expr::call_offered("%record?", operands, predicate.span);
            items.push(Item::Define(variable, Expr::lambda(vec![record], None, test, predicate.span)));
        }
        for (index, field) in (0_i64..).zip(&fields) {
            self.accessors(field, index, record_type, scope, &mut items)?;
        }
        Some(items)
    }

    fn fields<'d>(&mut self, fields: &'d [Datum]) -> Option<Vec<Field<'d>>> {
        let mut parsed: Vec<Field<'d>> = Vec::with_capacity(fields.len());
        let mut names = HashSet::with_capacity(fields.len());
        for field in fields {
            let field = match field.as_list() {
                Some([name]) => Field { name, accessor: None, modifier: None },
                Some([name, accessor]) => Field { name, accessor: Some(accessor), modifier: None },
                Some([name, accessor, modifier]) => Field { name, accessor: Some(accessor), modifier: Some(modifier) },
                None if field.as_name().is_some() => Field { name: field, accessor: None, modifier: None },
                _ => {
                    self.poison(field.span, "malformed field: expected (field accessor [modifier])");
                    return None;
                }
            };
            let Some(name) = field.name.as_name() else {
                self.not_a_name(field.name, "a field must be a name");
                return None;
            };
            if !names.insert(name) {
                self.error(SyntaxError::new(field.name.span, format!("duplicate field `{}`", name.text)));
                return None;
            }
            parsed.push(field);
        }
        Some(parsed)
    }

    /// `(constructor field …)`, `constructor` for all fields in order, or `#f` for none.
    fn constructor(
        &mut self,
        datum: &Datum,
        fields: &[Field<'_>],
        record_type: VariableId,
        scope: Environment,
        items: &mut Vec<Item>,
    ) -> Option<()> {
        let span = datum.span;
        let (name, given): (&Datum, Vec<&Datum>) = match &datum.kind {
            DatumKind::Bool(false) => return Some(()),
            DatumKind::Symbol(_) => (datum, fields.iter().map(|field| field.name).collect()),
            DatumKind::List(items) if !items.is_empty() => (&items[0], items[1..].iter().collect()),
            _ => {
                self.poison(span, "malformed constructor: expected (constructor field …), a name or #f");
                return None;
            }
        };
        let known: HashSet<_> = fields.iter().map(|field| field.name.as_name()).collect();
        let mut positions = HashMap::with_capacity(given.len());
        for (position, field) in given.iter().enumerate() {
            let name = field.as_name();
            let text = name.map_or("?", |name| &*name.text);
            if !known.contains(&name) {
                self.poison(field.span, format!("`{text}` is not a field of this record type"));
                return None;
            }
            if positions.insert(name, position).is_some() {
                self.poison(field.span, format!("duplicate field `{text}`"));
                return None;
            }
        }
        let variable = self.bind(name, "definition of", scope)?;
        let params: Vec<_> = given.iter().map(|_| self.temporary()).collect();
        let mut operands = vec![Expr::variable(record_type, span)];
        operands.extend(fields.iter().map(|field| match positions.get(&field.name.as_name()) {
            Some(position) => Expr::variable(params[*position], span),
            None => Expr::void(span),
        }));
        let record = Expr::call_offered("%record", operands, span);
        items.push(Item::Define(variable, Expr::lambda(params, None, record, span)));
        Some(())
    }

    fn accessors(
        &mut self,
        field: &Field<'_>,
        index: i64,
        record_type: VariableId,
        scope: Environment,
        items: &mut Vec<Item>,
    ) -> Option<()> {
        let index = |span| Expr::constant(DatumKind::Number(index.into()), span);
        if let Some(name) = field.accessor {
            let span = name.span;
            let variable = self.bind(name, "definition of", scope)?;
            let record = self.temporary();
            let operands = vec![
                Expr::variable(record, span),
                Expr::variable(record_type, span),
                index(span),
                Expr::symbol(&self.variables[variable.0 as usize].name, span),
            ];
            let value = Expr::call_offered("%record-ref", operands, span);
            items.push(Item::Define(variable, Expr::lambda(vec![record], None, value, span)));
        }
        if let Some(name) = field.modifier {
            let span = name.span;
            let variable = self.bind(name, "definition of", scope)?;
            let (record, value) = (self.temporary(), self.temporary());
            let operands = vec![
                Expr::variable(record, span),
                Expr::variable(record_type, span),
                index(span),
                Expr::variable(value, span),
                Expr::symbol(&self.variables[variable.0 as usize].name, span),
            ];
            let set = Expr::call_offered("%record-set!", operands, span);
            items.push(Item::Define(variable, Expr::lambda(vec![record, value], None, set, span)));
        }
        Some(())
    }

    /// Binds a name that may be left out by writing `#f`; `None`, once reported, if it is something else.
    fn optional(&mut self, datum: &Datum, scope: Environment) -> Option<Option<VariableId>> {
        if datum.kind == DatumKind::Bool(false) {
            return Some(None);
        }
        self.bind(datum, "definition of", scope).map(Some)
    }
}
