//! Macros: `syntax-rules` as written, made into patterns and templates.

use std::{collections::HashSet, sync::Arc};

use super::{
    Expander,
    environment::Environment,
    excerpt::operands,
    pattern::{Matched, Pattern, PatternVariables},
    template::Template,
};
use crate::{Datum, DatumKind, Name, SyntaxError, vocabulary::Form};

/// The rules of a keyword.
#[derive(Debug)]
pub(crate) struct Macro {
    pub(super) keyword: Name,
    pub(super) rules: Vec<Rule>,
    /// Where it was defined: what its templates mention has its meaning there.
    pub(super) environment: Environment,
}

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) pattern: Pattern,
    pub(super) template: Template,
    /// The pattern as written, less the keyword and the parentheses around.
    shape: String,
    /// How many variables the pattern has.
    pub(super) slots: usize,
}

/// What the patterns of one `syntax-rules` have in common.
pub(super) struct Dialect<'d> {
    pub(super) literals: HashSet<&'d Name>,
    /// What stands for `...`, where the rules say so themselves.
    pub(super) ellipsis: Option<&'d Name>,
    pub(super) environment: Environment,
}

impl Expander<'_> {
    /// `(syntax-rules [ellipsis] (literal …) (pattern template) …)`; `None`, once reported, if it is malformed.
    pub(super) fn syntax_rules(&mut self, datum: &Datum, keyword: &Name, environment: Environment) -> Option<Macro> {
        const SHAPE: &str = "(syntax-rules (literal …) (pattern template) …)";
        let Some((Form::SyntaxRules, parts)) = self.form_of(datum, environment) else {
            self.poison_with_help(datum.span, "a macro is made with syntax-rules", format!("expected {SHAPE}"));
            return None;
        };
        let (ellipsis, parts) = match parts {
            [ellipsis, rest @ ..] if ellipsis.as_name().is_some() => (ellipsis.as_name(), rest),
            _ => (None, parts),
        };
        let [literals, rules @ ..] = parts else {
            self.malformed(datum.span, SHAPE);
            return None;
        };
        let Some(literals) = literals.as_list() else {
            self.malformed(datum.span, SHAPE);
            return None;
        };
        if let Some(other) = literals.iter().find(|literal| literal.as_name().is_none()) {
            self.not_a_name(other, "a literal of syntax-rules must be a name");
            return None;
        }
        let dialect = Dialect { literals: literals.iter().filter_map(Datum::as_name).collect(), ellipsis, environment };
        let rules: Vec<_> = rules.iter().map(|rule| self.rule(rule, &dialect)).collect();
        let rules = rules.into_iter().collect::<Option<_>>()?;
        Some(Macro { keyword: keyword.clone(), rules, environment })
    }

    fn rule(&mut self, rule: &Datum, dialect: &Dialect<'_>) -> Option<Rule> {
        let Some([pattern, template]) = rule.as_list() else {
            self.poison(rule.span, "malformed rule: expected (pattern template)");
            return None;
        };
        let mut variables = PatternVariables::default();
        let shape = operands(pattern);
        // The keyword that a pattern begins with is not looked at.
        let pattern = match &pattern.kind {
            DatumKind::List(items) if !items.is_empty() => {
                self.list_pattern(&items[1..], None, pattern.span, dialect, &mut variables)?
            }
            DatumKind::Dotted(items, tail) => {
                self.list_pattern(&items[1..], Some(tail), pattern.span, dialect, &mut variables)?
            }
            _ => {
                self.poison(pattern.span, "a pattern is a list that begins with the keyword");
                return None;
            }
        };
        let template = self.template(template, dialect, &variables)?;
        Some(Rule { pattern, template, shape, slots: variables.count() })
    }

    /// The datum that a use of a macro stands for; `None`, once reported, if no rule matches it.
    pub(super) fn transcribe(&mut self, used: &Macro, datum: &Datum, environment: Environment) -> Option<Datum> {
        let span = datum.span;
        let (operands, tail): (&[Datum], _) = match &datum.kind {
            DatumKind::List(items) => (&items[1..], None),
            DatumKind::Dotted(items, tail) => (&items[1..], Some(&**tail)),
            _ => (&[], None),
        };
        let site = (environment, used.environment);
        for rule in &used.rules {
            if !self.spend(RULE_COST + rule.slots, span) {
                return None;
            }
            let mut slots: Vec<Option<Matched<'_>>> = Vec::new();
            slots.resize_with(rule.slots, || None);
            if self.matches_list(&rule.pattern, operands, tail, span, site, &mut slots) {
                let expansion = self.instantiate(&rule.template, &slots, used.environment, span);
                self.uses.entry(span).or_insert_with(|| Arc::clone(&used.keyword.text));
                return expansion;
            }
        }
        if self.budget_left > 0 {
            let keyword = &used.keyword.text;
            let shapes: Vec<_> =
                used.rules.iter().take(SHAPES_MAX).map(|rule| format!("({keyword}{})", rule.shape)).collect();
            let error = SyntaxError::new(span, format!("no rule of `{keyword}` matches this use"));
            self.error(if shapes.is_empty() {
                error
            } else {
                error.with_help(format!("expected {}", shapes.join(" or ")))
            });
        }
        None
    }

    /// Whether `name` stands for `...` in the rules.
    pub(super) fn is_ellipsis(&self, datum: &Datum, dialect: &Dialect<'_>) -> bool {
        let Some(name) = datum.as_name() else {
            return false;
        };
        if dialect.literals.contains(name) {
            return false;
        }
        match dialect.ellipsis {
            Some(own) => name == own,
            None => self.keyword(datum, dialect.environment) == Some(Form::Ellipsis),
        }
    }
}

/// So many patterns of a macro are shown when none of them matches.
const SHAPES_MAX: usize = 4;

/// To try a rule costs as much of the budget as so many nodes: about as long as it takes.
const RULE_COST: usize = 10;
