//! Core text: what is sent, and what names it.

use std::{fmt, sync::Arc};

use sha2::{Digest, Sha256};

use crate::{Core, CoreKind, Datum, DatumKind, Local, Span, core::Lambda, stack::recurse, write_symbol};

/// A task ready to be sent: its template, and what only its sender needs.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Lowered {
    /// The template: `(lambda (_0 …) (lambda (_n _n+1) body))`, in core and in canonical spelling. The outer procedure
    /// takes the task's values, the inner one is the remote procedure.
    ///
    /// Layout, comments and the names of variables do not change it.
    pub text: String,
    /// The name of the template.
    pub hash: TemplateHash,
    /// Where the calls, procedures, globals and constants of the text came from, sorted by their offset in it.
    pub map: Vec<(u32, Span)>,
    /// How many values the template takes.
    pub holes: u32,
    /// The constants that fill the last of the holes, after the splices.
    pub lifted: Vec<Datum>,
    /// The declared procedures that the task mentions, in alphabetical order.
    pub externs: Vec<String>,
}

/// The name of a template: 128 bits of a hash over the version of the language and the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TemplateHash(pub [u8; 16]);

impl TemplateHash {
    /// The name of the template `text`.
    pub fn of(text: &str) -> Self {
        let digest = Sha256::new().chain_update(LANGUAGE).chain_update(text).finalize();
        let mut hash = [0; 16];
        hash.copy_from_slice(&digest[..16]);
        Self(hash)
    }
}

/// As 32 hexadecimal digits.
impl fmt::Display for TemplateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Writes core in its canonical spelling: one space between words, nothing else.
#[derive(Debug, Default)]
pub(crate) struct CoreText {
    pub(crate) text: String,
    pub(crate) map: Vec<(u32, Span)>,
    /// The names of the globals, each as often as it occurs.
    pub(crate) globals: Vec<Arc<str>>,
    /// How deep the parentheses nest, and how deep they nested at most.
    depth: u32,
    pub(crate) depth_reached: u32,
    /// Words and lists, constants taken apart.
    pub(crate) nodes: u32,
}

impl CoreText {
    pub(crate) fn of(core: &Core) -> Self {
        let mut text = Self::default();
        text.write(core);
        text
    }

    fn write(&mut self, core: &Core) {
        recurse(|| self.write_here(core));
    }

    fn write_here(&mut self, core: &Core) {
        if !matches!(core.kind, CoreKind::Local(_) | CoreKind::If(..) | CoreKind::Begin(_)) {
            // Beyond 4 GiB the map ends, and the limit on the length of a text refuses the program.
            if let Ok(offset) = u32::try_from(self.text.len()) {
                self.map.push((offset, core.span));
            }
        }
        match &core.kind {
            CoreKind::Quote(datum) if is_self_evaluating(datum) => self.push(datum),
            CoreKind::Quote(datum) => {
                self.open("(quote ");
                self.push(datum);
                let (depth, nodes) = extent(datum);
                self.depth_reached = self.depth_reached.max(self.depth + depth);
                self.nodes = self.nodes.saturating_add(nodes);
                self.close();
            }
            CoreKind::Local(local) => self.push(local),
            CoreKind::Global(name) => {
                self.globals.push(Arc::clone(name));
                self.nodes = self.nodes.saturating_add(1);
                write_symbol(&mut self.text, name).expect("a string takes all that is written to it");
            }
            CoreKind::Lambda(lambda) => self.write_lambda(lambda),
            CoreKind::If(test, then, otherwise) => {
                self.open("(if ");
                self.write_all([&**test, then, otherwise]);
                self.close();
            }
            CoreKind::Begin(exprs) => {
                self.open("(begin ");
                self.write_all(exprs);
                self.close();
            }
            CoreKind::Call(operator, operands) => {
                self.open("(");
                self.write_all([&**operator].into_iter().chain(operands));
                self.close();
            }
        }
    }

    fn write_lambda(&mut self, lambda: &Lambda) {
        self.open("(lambda ");
        match (&*lambda.params, lambda.rest) {
            ([], Some(rest)) => self.push(rest),
            (params, rest) => {
                self.open("(");
                for (position, param) in params.iter().enumerate() {
                    if position > 0 {
                        self.text.push(' ');
                    }
                    self.push(param);
                }
                if let Some(rest) = rest {
                    self.text.push_str(" . ");
                    self.push(rest);
                }
                self.close();
            }
        }
        self.text.push(' ');
        self.write(&lambda.body);
        self.close();
    }

    fn write_all<'c>(&mut self, exprs: impl IntoIterator<Item = &'c Core>) {
        for (position, expr) in exprs.into_iter().enumerate() {
            if position > 0 {
                self.text.push(' ');
            }
            self.write(expr);
        }
    }

    fn open(&mut self, text: &str) {
        self.text.push_str(text);
        // The list, and its keyword if it has one.
        self.nodes = self.nodes.saturating_add(2);
        self.depth += 1;
        self.depth_reached = self.depth_reached.max(self.depth);
    }

    fn close(&mut self) {
        self.text.push(')');
        self.depth -= 1;
    }

    fn push(&mut self, part: impl fmt::Display) {
        use fmt::Write;
        self.nodes = self.nodes.saturating_add(1);
        write!(self.text, "{part}").expect("a string takes all that is written to it");
    }
}

/// As it stands in core text.
impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "_{}", self.0)
    }
}

/// Whether core text has the constant without `quote`.
pub(crate) fn is_self_evaluating(datum: &Datum) -> bool {
    matches!(
        datum.kind,
        DatumKind::Number(_)
            | DatumKind::Bool(_)
            | DatumKind::Char(_)
            | DatumKind::String(_)
            | DatumKind::Bytes(_)
            | DatumKind::F64Vector(_)
            | DatumKind::Keyword(_)
            | DatumKind::Void
    )
}

/// How many levels a datum nests, and how many data are in it.
fn extent(datum: &Datum) -> (u32, u32) {
    let all = |items: &mut dyn Iterator<Item = &Datum>| {
        items.map(extent).fold((0, 1), |(depth, nodes), (inner_depth, inner_nodes)| {
            (inner_depth.max(depth), inner_nodes.saturating_add(nodes))
        })
    };
    let (depth, nodes) = recurse(|| match &datum.kind {
        DatumKind::List(items) | DatumKind::Vector(items) => all(&mut items.iter()),
        DatumKind::Dotted(items, tail) => all(&mut items.iter().chain([&**tail])),
        // Each entry is a list too.
        DatumKind::Map(entries) => {
            let (depth, nodes) = all(&mut entries.iter().flat_map(|(key, value)| [key, value]));
            (depth + 1, nodes.saturating_mul(2))
        }
        _ => (0, 1),
    });
    (depth + 1, nodes)
}

/// The version of the language: templates of another one have other names.
const LANGUAGE: &str = "dpfw-core/1\n";
