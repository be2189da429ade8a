//! Programs from bytes: a grammar that knows what is in scope, so that the checker accepts most of what it writes.
//!
//! Every byte is one decision, so that a fuzzer which changes bytes changes the program a little. Decisions that the
//! bytes do not reach take the first choice, which never goes deeper.

use std::collections::VecDeque;

use dpfw_syntax::vocabulary::{Procedure, is_internal, procedures};

/// The program that a fuzzer's input stands for: text as it is, or after a byte that no text begins with, decisions.
/// `None` if it is neither.
pub fn source(input: &[u8]) -> Option<String> {
    match input {
        [DECISIONS, decisions @ ..] => Some(generate(decisions)),
        text => std::str::from_utf8(text).ok().map(str::to_owned),
    }
}

/// Writes the program that `decisions` make.
pub fn generate(decisions: &[u8]) -> String {
    let mut writer = Writer {
        decisions: decisions.iter().copied().collect(),
        text: String::new(),
        scope: Vec::new(),
        depth: 0,
        in_template: false,
    };
    writer.form("lambda", |w| {
        w.list(|w| {
            w.word("i");
            w.word("o");
        });
        w.within(vec![Bound::variable("i"), Bound::variable("o")], Writer::body);
    });
    writer.text
}

/// A name that the program has bound where it is being written.
#[derive(Debug, Clone)]
struct Bound {
    name: &'static str,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Variable,
    /// Takes so many arguments, or at least so many.
    Procedure {
        count: usize,
        more: bool,
    },
    /// Takes one expression or more.
    Macro,
}

impl Bound {
    fn variable(name: &'static str) -> Self {
        Self { name, kind: Kind::Variable }
    }
}

struct Writer {
    decisions: VecDeque<u8>,
    text: String,
    scope: Vec<Bound>,
    depth: usize,
    /// Whether this is the template of a macro, where another macro's `...` would be this one's.
    in_template: bool,
}

impl Writer {
    fn decide(&mut self) -> u8 {
        self.decisions.pop_front().unwrap_or(0)
    }

    fn below(&mut self, count: usize) -> usize {
        usize::from(self.decide()) % count
    }

    fn one_of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    fn word(&mut self, word: &str) {
        self.text.push(' ');
        self.text.push_str(word);
    }

    fn list(&mut self, fill: impl FnOnce(&mut Self)) {
        self.word("(");
        fill(self);
        self.word(")");
    }

    fn form(&mut self, keyword: &str, fill: impl FnOnce(&mut Self)) {
        self.list(|w| {
            w.word(keyword);
            fill(w);
        });
    }

    /// Writes with more names in scope.
    fn within(&mut self, bound: Vec<Bound>, write: impl FnOnce(&mut Self)) {
        let outside = self.scope.len();
        self.scope.extend(bound);
        write(self);
        self.scope.truncate(outside);
    }

    /// A name to bind. Most are plain; the others mean something already, or would in a text less careful.
    fn name(&mut self) -> &'static str {
        match self.decide() {
            0..224 => self.one_of(PLAIN_NAMES),
            _ => self.one_of(TELLING_NAMES),
        }
    }

    /// So many different names to bind, or fewer.
    fn names(&mut self, count: usize) -> Vec<Bound> {
        let mut bound: Vec<Bound> = Vec::new();
        for _ in 0..count {
            let name = self.name();
            if bound.iter().all(|other| other.name != name) {
                bound.push(Bound::variable(name));
            }
        }
        bound
    }

    fn expr(&mut self) {
        let write = self.one_of(FORMS);
        if self.depth == DEPTH_MAX {
            return self.leaf();
        }
        self.depth += 1;
        write(self);
        self.depth -= 1;
    }

    fn exprs(&mut self, count: usize) {
        for _ in 0..count {
            self.expr();
        }
    }

    fn leaf(&mut self) {
        match self.below(3) {
            0 => self.variable(),
            1 => self.constant(),
            _ => {
                let procedure = self.procedure();
                self.word(procedure.name);
            }
        }
    }

    fn variable(&mut self) {
        let index = self.below(self.scope.len());
        match self.scope[index].kind {
            Kind::Macro => self.constant(),
            _ => self.word(self.scope[index].name),
        }
    }

    fn constant(&mut self) {
        let constant = self.one_of(CONSTANTS);
        self.word(constant);
    }

    fn procedure(&mut self) -> &'static Procedure {
        let index = self.below(256) << 8 | self.below(256);
        let procedures = procedures();
        let chosen = &procedures[index % procedures.len()];
        // The expander's own come first; a program cannot name them.
        if is_internal(chosen.name) { &procedures[procedures.len() - 1] } else { chosen }
    }

    fn call_offered(&mut self) {
        let procedure = self.procedure();
        let min = usize::from(procedure.arity.min);
        let spare = procedure.arity.max.map_or(3, |max| usize::from(max) - min);
        let count = min + self.below(spare + 1);
        self.form(procedure.name, |w| w.exprs(count));
    }

    fn call_bound(&mut self) {
        let index = self.below(self.scope.len());
        let Bound { name, kind } = self.scope[index].clone();
        let count = match kind {
            Kind::Variable => self.below(4),
            Kind::Procedure { count, more: false } => count,
            Kind::Procedure { count, more: true } => count + self.below(3),
            Kind::Macro => 1 + self.below(3),
        };
        self.form(name, |w| w.exprs(count));
    }

    /// A call whose operator is any expression.
    fn call_computed(&mut self) {
        self.list(|w| {
            w.expr();
            let count = w.below(4);
            w.exprs(count);
        });
    }

    fn call_lambda(&mut self) {
        self.list(|w| {
            let (count, more) = w.lambda_taking();
            let count = count + if more { w.below(3) } else { 0 };
            w.exprs(count);
        });
    }

    fn begin(&mut self) {
        self.form("begin", Self::sequence);
    }

    fn sequence(&mut self) {
        let count = 1 + self.below(3);
        self.exprs(count);
    }

    fn conditional(&mut self) {
        let count = 2 + self.below(2);
        self.form("if", |w| w.exprs(count));
    }

    fn connective(&mut self) {
        let keyword = self.one_of(&["and", "or"]);
        let count = self.below(4);
        self.form(keyword, |w| w.exprs(count));
    }

    fn when(&mut self) {
        let keyword = self.one_of(&["when", "unless"]);
        self.form(keyword, |w| {
            w.expr();
            w.sequence();
        });
    }

    fn cond(&mut self) {
        self.form("cond", Self::clauses);
    }

    fn clauses(&mut self) {
        for _ in 0..=self.below(3) {
            self.list(|w| {
                w.expr();
                match w.below(4) {
                    0 => w.sequence(),
                    1 => {
                        w.word("=>");
                        w.expr();
                    }
                    _ => {}
                }
            });
        }
        if self.below(2) == 1 {
            self.form("else", Self::sequence);
        }
    }

    fn case(&mut self) {
        self.form("case", |w| {
            w.expr();
            for _ in 0..=w.below(2) {
                w.list(|w| {
                    w.list(|w| {
                        for _ in 0..w.below(3) {
                            w.datum();
                        }
                    });
                    w.case_body();
                });
            }
            if w.below(2) == 1 {
                w.form("else", Self::case_body);
            }
        });
    }

    fn case_body(&mut self) {
        if self.below(4) == 3 {
            self.word("=>");
            self.expr();
        } else {
            self.sequence();
        }
    }

    fn lambda(&mut self) {
        self.lambda_taking();
    }

    /// A `lambda`, and how many arguments it takes.
    fn lambda_taking(&mut self) -> (usize, bool) {
        let mut taken = (0, false);
        self.form("lambda", |w| taken = w.formals_and_body());
        taken
    }

    fn formals_and_body(&mut self) -> (usize, bool) {
        let mut bound = Vec::new();
        let mut more = false;
        if self.below(8) == 7 {
            let rest = self.name();
            self.word(rest);
            bound.push(Bound::variable(rest));
            more = true;
        } else {
            self.list(|w| (bound, more) = w.formals());
        }
        let count = bound.len() - usize::from(more);
        self.within(bound, Self::body);
        (count, more)
    }

    /// The parameters of a procedure, the last one for the rest of the arguments if that is said.
    fn formals(&mut self) -> (Vec<Bound>, bool) {
        let count = self.below(4);
        let bound = self.names(count);
        let more = bound.len() > 1 && self.below(4) == 3;
        for (index, bound_name) in bound.iter().enumerate() {
            if more && index + 1 == bound.len() {
                self.word(".");
            }
            self.word(bound_name.name);
        }
        (bound, more)
    }

    fn case_lambda(&mut self) {
        self.form("case-lambda", |w| {
            for _ in 0..=w.below(3) {
                w.list(|w| {
                    w.formals_and_body();
                });
            }
        });
    }

    /// `let` with its values outside the scope of its names.
    fn let_form(&mut self) {
        self.form("let", |w| {
            let count = w.below(3);
            let bound = w.names(count);
            w.bindings(&bound);
            w.within(bound, Self::body);
        });
    }

    /// The forms whose values see the names, or some of them.
    fn let_in_order(&mut self) {
        let keyword = self.one_of(&["let*", "letrec", "letrec*"]);
        self.form(keyword, |w| {
            let count = w.below(3);
            let bound = w.names(count);
            if keyword == "let*" {
                w.bindings(&bound);
                w.within(bound, Self::body);
            } else {
                w.within(bound.clone(), |w| {
                    w.bindings(&bound);
                    w.body();
                });
            }
        });
    }

    fn bindings(&mut self, bound: &[Bound]) {
        self.list(|w| {
            for Bound { name, .. } in bound {
                w.form(name, Self::expr);
            }
        });
    }

    fn named_let(&mut self) {
        self.form("let", |w| {
            let name = w.name();
            w.word(name);
            let count = w.below(3);
            let mut bound = w.names(count);
            w.bindings(&bound);
            bound.insert(0, Bound { name, kind: Kind::Procedure { count: bound.len(), more: false } });
            w.within(bound, Self::body);
        });
    }

    fn do_loop(&mut self) {
        self.form("do", |w| {
            let count = w.below(3);
            let bound = w.names(count);
            w.within(bound.clone(), |w| {
                w.list(|w| {
                    for Bound { name, .. } in &bound {
                        let count = 1 + w.below(2);
                        w.form(name, |w| w.exprs(count));
                    }
                });
                w.list(Self::sequence);
                let count = w.below(2);
                w.exprs(count);
            });
        });
    }

    fn let_values(&mut self) {
        let keyword = self.one_of(&["let-values", "let*-values"]);
        self.form(keyword, |w| {
            let mut bound = Vec::new();
            w.list(|w| {
                w.list(|w| {
                    w.list(|w| bound = w.formals().0);
                    w.expr();
                });
            });
            w.within(bound, Self::body);
        });
    }

    fn receive(&mut self) {
        self.form("receive", |w| {
            let mut bound = Vec::new();
            w.list(|w| bound = w.formals().0);
            w.expr();
            w.within(bound, Self::body);
        });
    }

    fn assignment(&mut self) {
        let index = self.below(self.scope.len());
        let Bound { name, kind } = self.scope[index].clone();
        if kind == Kind::Macro {
            return self.constant();
        }
        self.form("set!", |w| {
            w.word(name);
            w.expr();
        });
    }

    fn parameterize(&mut self) {
        self.form("parameterize", |w| {
            w.list(|w| {
                for _ in 0..w.below(3) {
                    w.list(|w| w.exprs(2));
                }
            });
            w.body();
        });
    }

    fn guard(&mut self) {
        self.form("guard", |w| {
            let name = w.name();
            w.list(|w| {
                w.word(name);
                w.within(vec![Bound::variable(name)], Self::clauses);
            });
            w.body();
        });
    }

    fn promise(&mut self) {
        let keyword = self.one_of(&["delay", "delay-force", "assert"]);
        self.form(keyword, Self::expr);
    }

    fn cond_expand(&mut self) {
        self.form("cond-expand", |w| {
            let requirement = w.one_of(&["r7rs", "(not ratios)", "(or dpfw (library (scheme base)))", "(and)"]);
            w.list(|w| {
                w.word(requirement);
                w.sequence();
            });
            w.form("else", Self::sequence);
        });
    }

    fn quote(&mut self) {
        self.form("quote", Self::datum);
    }

    fn quasiquote(&mut self) {
        self.form("quasiquote", Self::pattern);
    }

    /// What stands within `quasiquote`.
    fn pattern(&mut self) {
        match self.below(6) {
            0 => self.datum(),
            1 | 2 => self.form("unquote", Self::expr),
            3 => {
                let open = self.one_of(&["(", "#("]);
                self.word(open);
                for _ in 0..self.below(4) {
                    self.pattern();
                }
                self.word(")");
            }
            4 => self.list(|w| {
                w.form("unquote-splicing", Self::expr);
                w.word(".");
                w.form("unquote", Self::expr);
            }),
            _ => self.form("quasiquote", Self::pattern),
        }
    }

    fn datum(&mut self) {
        match self.below(8) {
            0..=3 => self.constant(),
            4 => {
                let symbol = self.name();
                self.word(symbol);
            }
            open @ (5 | 6) => {
                self.word(if open == 5 { "(" } else { "#(" });
                for _ in 0..self.below(4) {
                    self.datum();
                }
                self.word(")");
            }
            _ => self.list(|w| {
                w.datum();
                w.word(".");
                w.datum();
            }),
        }
    }

    fn let_syntax(&mut self) {
        let keyword = self.one_of(&["let-syntax", "letrec-syntax"]);
        self.form(keyword, |w| {
            let name = w.name();
            let bound = vec![Bound { name, kind: Kind::Macro }];
            w.list(|w| w.form(name, |w| w.rules(None)));
            w.within(bound, Self::body);
        });
    }

    /// A `syntax-rules` of one expression or more; `recursive` is its own name where the template may use it.
    fn rules(&mut self, recursive: Option<&'static str>) {
        if self.in_template {
            return self.form("syntax-rules", |w| w.word("() ( ( _ s . r ) s )"));
        }
        self.form("syntax-rules", |w| {
            w.word("()");
            if let Some(name) = recursive {
                w.word(&format!("( ( _ p q r ... ) ( list p ( {name} q r ... ) ) )"));
            }
            w.list(|w| {
                w.word("( _ p q ... )");
                let (before, after) = w.one_of(&[
                    ("( let ( ( t p ) ) ( list q ... )", ")"),
                    ("( ( lambda ( t ) q ... t", ") p )"),
                    ("( do ( ( t p ) ) ( t q ... )", ")"),
                ]);
                w.word(before);
                w.in_template = true;
                w.within(vec![Bound::variable("p"), Bound::variable("t")], Self::expr);
                w.in_template = false;
                w.word(after);
            });
        });
    }

    fn body(&mut self) {
        let outside = self.scope.len();
        let mut defined: Vec<&'static str> = Vec::new();
        for _ in 0..self.below(4) {
            self.definition(&mut defined);
        }
        self.sequence();
        self.scope.truncate(outside);
    }

    fn definition(&mut self, defined: &mut Vec<&'static str>) {
        let name = self.name();
        if defined.contains(&name) {
            return;
        }
        defined.push(name);
        match self.below(6) {
            0 => {
                self.scope.push(Bound::variable(name));
                self.form("define", |w| {
                    w.word(name);
                    w.expr();
                });
            }
            1 | 2 => {
                let index = self.scope.len();
                self.scope.push(Bound::variable(name));
                self.form("define", |w| {
                    let mut bound = (Vec::new(), false);
                    w.list(|w| {
                        w.word(name);
                        bound = w.formals();
                    });
                    let (bound, more) = bound;
                    w.scope[index].kind = Kind::Procedure { count: bound.len() - usize::from(more), more };
                    w.within(bound, Self::body);
                });
            }
            3 => {
                self.scope.push(Bound { name, kind: Kind::Macro });
                self.form("define-syntax", |w| {
                    w.word(name);
                    w.rules(Some(name));
                });
            }
            4 => {
                self.scope.push(Bound::variable(name));
                self.form("define-values", |w| {
                    w.list(|w| w.word(name));
                    w.expr();
                });
            }
            _ => self.record(name, defined),
        }
    }

    fn record(&mut self, name: &'static str, defined: &mut Vec<&'static str>) {
        let makers = ["make-p", "p?", "p-x", "set-p-x!"];
        if makers.iter().any(|maker| defined.contains(maker)) {
            return;
        }
        defined.extend(makers);
        self.form("define-record-type", |w| {
            w.word(name);
            w.word("( make-p x ) p? ( x p-x set-p-x! ) ( y p-y )");
        });
        for (name, count) in makers.into_iter().zip([1, 1, 1, 2]) {
            self.scope.push(Bound { name, kind: Kind::Procedure { count, more: false } });
        }
    }
}

/// What an input begins with that is no text: no UTF-8 has this byte.
pub const DECISIONS: u8 = 0xff;

/// Programs nest at most so deeply; what grows with depth is tried by tests that are made for it.
const DEPTH_MAX: usize = 24;

/// The leaves are a third of them, or programs would be deep and never wide.
const FORMS: &[fn(&mut Writer)] = &[
    Writer::leaf,
    Writer::leaf,
    Writer::leaf,
    Writer::leaf,
    Writer::leaf,
    Writer::leaf,
    Writer::leaf,
    Writer::leaf,
    Writer::leaf,
    Writer::leaf,
    Writer::constant,
    Writer::variable,
    Writer::call_offered,
    Writer::call_offered,
    Writer::call_offered,
    Writer::call_bound,
    Writer::call_bound,
    Writer::call_computed,
    Writer::call_lambda,
    Writer::begin,
    Writer::conditional,
    Writer::connective,
    Writer::when,
    Writer::cond,
    Writer::case,
    Writer::lambda,
    Writer::case_lambda,
    Writer::let_form,
    Writer::let_in_order,
    Writer::named_let,
    Writer::do_loop,
    Writer::let_values,
    Writer::receive,
    Writer::assignment,
    Writer::parameterize,
    Writer::guard,
    Writer::promise,
    Writer::cond_expand,
    Writer::quote,
    Writer::quasiquote,
    Writer::let_syntax,
];

const PLAIN_NAMES: &[&str] = &["a", "b", "c", "x", "y", "z", "f", "g", "loop", "|a b|", "λx"];

const TELLING_NAMES: &[&str] = &[
    "car",
    "list",
    "+",
    "vector-ref",
    "if",
    "else",
    "=>",
    "_",
    "...",
    "define",
    "quote",
    "lambda",
    "values",
    "i",
    "o",
    "g0",
    "g1",
    "v0",
    "v1",
    "|_0|",
    "|#%prim.car|",
    "|(|",
    "||",
    "p",
    "t",
    "q",
    "apply",
    "map",
    "case-lambda",
];

const CONSTANTS: &[&str] = &[
    "0",
    "1",
    "-1",
    "65535",
    "65536",
    "9223372036854775807",
    "9223372036854775808",
    "-170141183460469231731687303715884105728",
    "1/2",
    "-0.0",
    "1e300",
    "+inf.0",
    "+nan.0",
    "1+2i",
    "-1/2-0.5i",
    "#t",
    "#f",
    "\"\"",
    "\"a\\\"b\\x3bb;\"",
    "#\\a",
    "#\\space",
    "#\\(",
    "#\\x0",
    "()",
    "'a",
    "'()",
    "'(1 . 2)",
    "'(1 (2) \"c\")",
    "#(1 #(2))",
    "#u8(0 255)",
    "#f64(1.5 -0.0)",
    "#hash((a . 1))",
    "#!void",
    "#:key",
    "'|a b|",
    "'quote",
    "''a",
];
