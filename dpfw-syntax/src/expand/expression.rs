//! Expressions: what a datum means where a value is wanted.

use std::rc::Rc;

use super::{
    Expander,
    application::is_spread,
    environment::{Binding, Environment, Meaning},
    macros::Macro,
    tree::{Expr, Node},
};
use crate::{
    Datum, DatumKind, Name, Span, Splice,
    vocabulary::{Form, form, is_form_elsewhere},
};

impl Expander<'_> {
    pub(crate) fn expression(&mut self, datum: &Datum, environment: Environment) -> Expr {
        let span = datum.span;
        match &datum.kind {
            DatumKind::Symbol(name) => self.reference(name, span, environment),
            DatumKind::List(items) => match items.split_first() {
                Some((head, _)) => self.nested(span, |this| this.combination(datum, head, items, environment)),
                None => self.poison_with_help(span, "`()` calls nothing", "the empty list is (quote ())"),
            },
            DatumKind::Dotted(..) => self.nested(span, |this| this.dotted_use(datum, environment)),
            DatumKind::Splice(splice) => self.splice(*splice, span),
            DatumKind::Vector(_) | DatumKind::Map(_) => self.quotation(datum),
            DatumKind::Keyword(_)
            | DatumKind::Number(_)
            | DatumKind::Bool(_)
            | DatumKind::Char(_)
            | DatumKind::String(_)
            | DatumKind::Bytes(_)
            | DatumKind::F64Vector(_)
            | DatumKind::Void => Expr::literal(datum.clone()),
        }
    }

    /// The value of an expression that is wanted for its truth alone.
    pub(super) fn test(&mut self, datum: &Datum, environment: Environment) -> Expr {
        match self.form_of(datum, environment) {
            // Without this the value of each operand would be kept in a variable.
            Some((Form::Or, operands @ [_, ..])) => {
                self.nested(datum.span, |this| this.either(operands, datum.span, environment))
            }
            _ => self.expression(datum, environment),
        }
    }

    /// Expressions in order, where definitions cannot stand.
    pub(super) fn sequence(&mut self, data: &[Datum], span: Span, environment: Environment) -> Expr {
        let exprs = data.iter().map(|datum| self.expression(datum, environment)).collect();
        Expr::sequence(exprs, span)
    }

    /// The form whose keyword stands at the head of a list, with what follows the keyword.
    pub(super) fn form_of<'d>(&self, datum: &'d Datum, environment: Environment) -> Option<(Form, &'d [Datum])> {
        let (head, rest) = datum.as_list()?.split_first()?;
        Some((self.keyword(head, environment)?, rest))
    }

    /// The form that `datum` is the keyword of.
    pub(super) fn keyword(&self, datum: &Datum, environment: Environment) -> Option<Form> {
        match self.meaning(datum.as_name()?, environment) {
            Meaning::Form(form) => Some(form),
            _ => None,
        }
    }

    /// The macro whose keyword stands at the head of a list, dotted or not.
    pub(super) fn macro_of(&self, datum: &Datum, environment: Environment) -> Option<Rc<Macro>> {
        let (DatumKind::List(items) | DatumKind::Dotted(items, _)) = &datum.kind else {
            return None;
        };
        let name = items.first()?.as_name()?;
        match self.environments.binding(name, environment) {
            Some(Binding::Macro(used)) => Some(Rc::clone(used)),
            _ => None,
        }
    }

    fn reference(&mut self, name: &Name, span: Span, environment: Environment) -> Expr {
        match self.meaning(name, environment) {
            Meaning::Bound(Binding::Variable(id)) => Expr::variable(id, span),
            Meaning::Bound(Binding::Unknown) => Expr::poison(span),
            Meaning::Bound(Binding::Macro(_)) => {
                self.poison(span, format!("`{}` is a macro and cannot be used as a value", name.text))
            }
            Meaning::Form(form) => self.misplaced(form, &name.text, span),
            Meaning::Procedure(text) => Expr::new(Node::Procedure(text), span),
            Meaning::Unbound(text) => self.unbound(name, span, environment, format!("unbound variable `{text}`"), None),
        }
    }

    /// Reports a keyword where none can stand.
    fn misplaced(&mut self, form: Form, name: &str, span: Span) -> Expr {
        match form {
            Form::Else => self.poison_with_help(
                span,
                "misplaced `else`",
                "`else` begins the last clause of cond, case, guard or cond-expand",
            ),
            Form::Arrow => self.poison_with_help(span, "misplaced `=>`", "a clause of cond is (test => procedure)"),
            Form::Ellipsis | Form::Underscore => {
                self.poison(span, format!("`{name}` means something in syntax-rules alone"))
            }
            _ => self.poison(span, format!("`{name}` is a keyword and cannot be used as a value")),
        }
    }

    fn splice(&mut self, splice: Splice, span: Span) -> Expr {
        if splice.spread {
            return self.poison_with_help(
                span,
                "`,@` cannot spread a sequence here",
                "it spreads among the arguments of a call or inside quoted data; for the list itself write `,`",
            );
        }
        Expr::new(Node::Hole(splice.hole), span)
    }

    fn combination(&mut self, datum: &Datum, head: &Datum, items: &[Datum], environment: Environment) -> Expr {
        let span = datum.span;
        let Some(name) = head.as_name() else {
            return self.application(head, &items[1..], span, environment);
        };
        match self.meaning(name, environment) {
            Meaning::Bound(Binding::Macro(used)) => self.macro_use(&used, datum, environment),
            Meaning::Form(form) => self.special(form, items, span, environment),
            // What operands mean to a keyword that was not understood is not known.
            Meaning::Bound(Binding::Unknown) => Expr::poison(span),
            Meaning::Unbound(_) => self.unbound_call(name, items, span, environment),
            _ => self.application(head, &items[1..], span, environment),
        }
    }

    /// Reports a call of what nothing has bound, and the mistakes in its operands if it is a call for certain.
    fn unbound_call(&mut self, name: &Name, items: &[Datum], span: Span, environment: Environment) -> Expr {
        let text = &name.text;
        let near = self.near(text, environment);
        let is_form = is_form_elsewhere(text) || near.is_some_and(|near| form(&near).is_some());
        let operands = &items[1..];
        let message = format!("unbound variable `{text}`");
        let help = format!("if the slave's own program offers it, declare it: extern ({text} {})", operands.len());
        self.unbound(name, items[0].span, environment, message, Some(help));
        if !is_form {
            for operand in operands.iter().filter(|operand| !is_spread(operand)) {
                self.expression(operand, environment);
            }
        }
        Expr::poison(span)
    }

    /// A dotted list: a use of a macro, or a mistake.
    fn dotted_use(&mut self, datum: &Datum, environment: Environment) -> Expr {
        match self.macro_of(datum, environment) {
            Some(used) => self.macro_use(&used, datum, environment),
            None => self.poison_with_help(
                datum.span,
                "a dotted list is not an expression",
                "to write it as data use (quote (…)); a call with a list of arguments is (apply f list)",
            ),
        }
    }

    fn macro_use(&mut self, used: &Macro, datum: &Datum, environment: Environment) -> Expr {
        let mut expansion = self.transcribe(used, datum, environment);
        // A loop and not a recursion: a macro that expands to itself ends with its budget, not its depth.
        while let Some((datum, used)) =
            expansion.as_ref().and_then(|datum| Some((datum, self.macro_of(datum, environment)?)))
        {
            expansion = self.transcribe(&used, datum, environment);
        }
        match expansion {
            Some(expansion) => self.expression(&expansion, environment),
            None => Expr::poison(datum.span),
        }
    }

    /// A special form; `items` begins with its keyword.
    fn special(&mut self, form: Form, items: &[Datum], span: Span, environment: Environment) -> Expr {
        let parts = &items[1..];
        match form {
            Form::And => self.all(parts, span, environment),
            Form::Assert => self.assertion(parts, span, environment),
            Form::Begin => self.begin(parts, span, environment),
            Form::Case => self.case(parts, span, environment),
            Form::CaseLambda => self.case_lambda(parts, span, environment),
            Form::Cond => self.cond(parts, span, environment),
            Form::CondExpand => self.cond_expand(parts, span, environment),
            Form::Delay => self.promise("%make-delayed", "(delay expression)", parts, span, environment),
            Form::DelayForce => self.promise("%make-lazy", "(delay-force expression)", parts, span, environment),
            Form::Do => self.do_loop(parts, span, environment),
            Form::Guard => self.guard(parts, span, environment),
            Form::If => self.conditional(parts, span, environment),
            Form::Lambda => self.lambda(parts, span, environment),
            Form::Let => self.let_form(parts, span, environment),
            Form::LetStar => self.let_star(parts, span, environment),
            Form::LetStarValues => self.let_values("let*-values", parts, span, environment),
            Form::LetSyntax => self.let_syntax("let-syntax", parts, span, environment),
            Form::LetValues => self.let_values("let-values", parts, span, environment),
            Form::Letrec => self.letrec("letrec", parts, span, environment),
            Form::LetrecStar => self.letrec("letrec*", parts, span, environment),
            Form::LetrecSyntax => self.let_syntax("letrec-syntax", parts, span, environment),
            Form::Or => self.any(parts, span, environment),
            Form::Parameterize => self.parameterize(parts, span, environment),
            Form::Quasiquote => self.quasiquote(parts, span, environment),
            Form::Quote => self.quote(parts, span),
            Form::Receive => self.receive(parts, span, environment),
            Form::Set => self.assign(parts, span, environment),
            Form::SyntaxError => self.syntax_error(parts, span),
            Form::Unless => self.when(false, parts, span, environment),
            Form::When => self.when(true, parts, span, environment),
            Form::Define | Form::DefineRecordType | Form::DefineSyntax | Form::DefineValues => self.poison_with_help(
                span,
                format!("{} cannot stand here", spelled(&items[0])),
                "definitions stand at the head of a body; wrap them in (let () …)",
            ),
            Form::Refused => self.poison_with_help(
                span,
                format!("{} has no place in a task", spelled(&items[0])),
                "a task is one procedure over what its slave offers",
            ),
            Form::SyntaxRules => {
                self.poison(span, "syntax-rules stands in define-syntax, let-syntax and letrec-syntax alone")
            }
            Form::Unquote | Form::UnquoteSplicing => {
                self.poison(span, format!("{} outside of quasiquote", spelled(&items[0])))
            }
            Form::Arrow | Form::Ellipsis | Form::Else | Form::Underscore => {
                let name = spelled(&items[0]);
                self.misplaced(form, name.trim_matches('`'), items[0].span)
            }
        }
    }
}

/// A keyword as a message shows it.
fn spelled(keyword: &Datum) -> String {
    format!("`{}`", keyword.as_name().map_or("?", |name| &*name.text))
}
