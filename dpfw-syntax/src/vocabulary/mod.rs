//! The vocabulary of tasks: which names mean something before a program binds any.

mod callbacks;
mod forms;
mod near;
mod procedures;
mod refused;

use std::{collections::HashMap, fmt, sync::LazyLock};

pub use self::procedures::procedures;
pub(crate) use self::{
    callbacks::{callbacks, is_called_at_once},
    forms::{Form, form, forms},
    near::nearest,
    refused::{is_form_elsewhere, remedy},
};
use crate::Local;

/// A procedure that slaves offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Procedure {
    /// Its name; one that begins with `%` is for the expander's use.
    pub name: &'static str,
    /// How many arguments it takes.
    pub arity: Arity,
}

/// How many arguments a procedure takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Arity {
    /// At least so many.
    pub min: u16,
    /// At most so many; any number when `None`.
    pub max: Option<u16>,
}

impl Arity {
    /// The arity of a procedure that takes from `min` to `max` arguments.
    pub const fn new(min: u16, max: Option<u16>) -> Self {
        Self { min, max }
    }

    /// Whether a call with `count` arguments is right.
    pub fn accepts(self, count: usize) -> bool {
        count >= usize::from(self.min) && !self.is_exceeded_by(count)
    }

    /// Whether `count` arguments are too many.
    pub fn is_exceeded_by(self, count: usize) -> bool {
        self.max.is_some_and(|max| count > usize::from(max))
    }
}

/// As in "takes 2 arguments": `2 arguments`, `1 to 3 arguments`, `at least 1 argument`.
impl fmt::Display for Arity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = match self.max {
            Some(max) if max == self.min => {
                write!(f, "{max}")?;
                max
            }
            Some(max) => {
                write!(f, "{} to {max}", self.min)?;
                max
            }
            None => {
                write!(f, "at least {}", self.min)?;
                self.min
            }
        };
        f.write_str(if last == 1 { " argument" } else { " arguments" })
    }
}

/// The procedure called `name`, internal ones included.
pub fn procedure(name: &str) -> Option<&'static Procedure> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static Procedure>> =
        LazyLock::new(|| procedures().iter().map(|procedure| (procedure.name, procedure)).collect());
    BY_NAME.get(name).copied()
}

/// The features that `cond-expand` knows and the procedure `features` lists.
pub fn features() -> &'static [&'static str] {
    &["dpfw", "exact-closed", "exact-complex", "full-unicode", "ieee-float", "r7rs", "ratios", "srfi-8", "srfi-69"]
}

/// Whether `name` is reserved for the expander: programs cannot name it.
pub fn is_internal(name: &str) -> bool {
    name.starts_with('%')
}

/// What a name is already, so that a slave's program cannot offer a procedure under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The expander's own, or a local of core.
    Reserved,
    /// A keyword of tasks.
    Keyword,
    /// A procedure of every slave.
    Offered,
}

/// Why no program of a slave can offer a procedure called `name`.
pub fn taken(name: &str) -> Option<Taken> {
    if is_internal(name) || Local::parse(name).is_some() {
        Some(Taken::Reserved)
    } else if form(name).is_some() {
        Some(Taken::Keyword)
    } else if procedure(name).is_some() {
        Some(Taken::Offered)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_name_is_listed_twice() {
        let mut seen = HashSet::new();
        for procedure in procedures() {
            assert!(seen.insert(procedure.name), "{} is listed twice", procedure.name);
            assert!(form(procedure.name).is_none(), "{} is a form too", procedure.name);
            assert!(remedy(procedure.name).is_none(), "{} is refused too", procedure.name);
        }
    }

    #[test]
    fn an_arity_reads_as_a_sentence_does() {
        let cases = [
            (Arity::new(1, Some(1)), "1 argument"),
            (Arity::new(0, Some(0)), "0 arguments"),
            (Arity::new(1, Some(3)), "1 to 3 arguments"),
            (Arity::new(1, None), "at least 1 argument"),
            (Arity::new(2, None), "at least 2 arguments"),
        ];
        for (arity, text) in cases {
            assert_eq!(arity.to_string(), text);
        }
    }
}
