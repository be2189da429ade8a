//! Environments: what a name means where it stands.
//!
//! An identifier that a macro introduced is an *alias*: it records the name in the macro's text and the environment of
//! the macro's definition. Where nothing has bound the alias itself, it means what that name means there. This is what
//! makes macros hygienic; nothing is ever renamed.
//!
//! A program is expanded from the outside to the inside, so all environments in use at a time are scopes on one path.

use std::{
    collections::{HashMap, hash_map::Entry},
    rc::Rc,
    sync::Arc,
};

use super::{macros::Macro, tree::VariableId};
use crate::{AliasId, Name, vocabulary::Form};

/// The scopes around what is being expanded, and all aliases of one expansion.
#[derive(Debug, Default)]
pub(crate) struct Environments {
    /// The outermost scope first.
    path: Vec<Scope>,
    /// How many scopes there have been.
    scopes: u32,
    /// What the names that these scopes bind mean there, the innermost last: a name is found at once, however many scopes
    /// are around it.
    bindings: HashMap<Name, Vec<(Environment, Binding)>>,
    aliases: Vec<Alias>,
}

/// A scope and all scopes around it. It is left for good when another scope is made inside one of those.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Environment {
    /// How many scopes these are.
    depth: usize,
    /// Which of the scopes that there have been, from 1.
    scope: u32,
}

/// The names that one construct binds.
#[derive(Debug)]
struct Scope {
    environment: Environment,
    /// Grows while a body is scanned for its definitions.
    names: Vec<Name>,
}

/// What a program bound a name to.
#[derive(Debug, Clone)]
pub(crate) enum Binding {
    Variable(VariableId),
    Macro(Rc<Macro>),
    /// By a form with a mistake in it: uses are not looked at.
    Unknown,
}

/// What a name means at some place.
#[derive(Debug, Clone)]
pub(crate) enum Meaning {
    Bound(Binding),
    Form(Form),
    Procedure(Arc<str>),
    Unbound(Arc<str>),
}

/// An identifier that a macro introduced.
#[derive(Debug)]
struct Alias {
    /// As it stands in the macro's text.
    name: Name,
    /// Where the macro was defined.
    environment: Environment,
    /// How many names there are from here to one that somebody wrote.
    length: usize,
}

impl Environment {
    /// Where the program has bound nothing.
    pub(crate) const GLOBAL: Self = Self { depth: 0, scope: 0 };
}

impl Environments {
    /// A scope inside `outer` without names. Scopes made inside `outer` before are left.
    pub(crate) fn inside(&mut self, outer: Environment) -> Environment {
        self.leave_to(outer);
        self.scopes += 1;
        let environment = Environment { depth: outer.depth + 1, scope: self.scopes };
        self.path.push(Scope { environment, names: Vec::new() });
        environment
    }

    /// Binds `name` in the innermost scope; false if that scope has bound it before.
    pub(crate) fn bind(&mut self, environment: Environment, name: Name, binding: Binding) -> bool {
        self.leave_to(environment);
        let scope =
            self.path.last_mut().expect("the global environment is the vocabulary, which programs do not extend");
        let meanings = self.bindings.entry(name.clone()).or_default();
        match meanings.last_mut() {
            Some((bound, before)) if *bound == environment => {
                *before = binding;
                false
            }
            _ => {
                meanings.push((environment, binding));
                scope.names.push(name);
                true
            }
        }
    }

    /// Keeps uses of `name` from being reported where its definition has a mistake in it.
    pub(crate) fn bind_unknown(&mut self, environment: Environment, name: &Name) {
        if environment == Environment::GLOBAL {
            return;
        }
        self.leave_to(environment);
        let innermost = self.bindings.get(name).and_then(|meanings| meanings.last());
        if innermost.is_none_or(|(bound, _)| *bound != environment) {
            self.bind(environment, name.clone(), Binding::Unknown);
        }
    }

    /// A fresh alias of `name`, as the text of a macro that was defined in `environment` has it.
    pub(crate) fn alias(&mut self, name: &Name, environment: Environment) -> Name {
        let length = self.length(name) + 1;
        self.aliases.push(Alias { name: name.clone(), environment, length });
        Name { text: Arc::clone(&name.text), alias: Some(AliasId(index(self.aliases.len() - 1))) }
    }

    /// How many names may have to be looked up to find what `name` means, less one.
    pub(crate) fn length(&self, name: &Name) -> usize {
        name.alias.and_then(|alias| self.aliases.get(alias.0 as usize)).map_or(0, |alias| alias.length)
    }

    /// What the program bound `name` to; `None` if it means what its text means globally.
    pub(crate) fn binding(&self, name: &Name, environment: Environment) -> Option<&Binding> {
        let mut name = name;
        let mut environment = environment;
        loop {
            debug_assert!(self.is_around(environment), "a scope that was left is searched");
            if let Some(meanings) = self.bindings.get(name) {
                let visible = meanings.partition_point(|(bound, _)| bound.depth <= environment.depth);
                if let Some((_, binding)) = meanings[..visible].last() {
                    return Some(binding);
                }
            }
            // A tree made elsewhere could carry an alias that is not ours: it is then just its text.
            let alias = self.aliases.get(name.alias?.0 as usize)?;
            name = &alias.name;
            environment = alias.environment;
        }
    }

    /// The texts of the names in scope, innermost first.
    pub(crate) fn texts(&self, environment: Environment) -> impl Iterator<Item = &str> {
        self.path[..environment.depth].iter().rev().flat_map(|scope| {
            let mut texts: Vec<&str> = scope.names.iter().map(|name| &*name.text).collect();
            texts.sort_unstable();
            texts
        })
    }

    /// Forgets what was bound further inside.
    fn leave_to(&mut self, environment: Environment) {
        debug_assert!(self.is_around(environment), "a scope that was left is extended");
        for name in self.path.drain(environment.depth..).flat_map(|scope| scope.names) {
            if let Entry::Occupied(mut meanings) = self.bindings.entry(name) {
                meanings.get_mut().pop();
                if meanings.get().is_empty() {
                    meanings.remove();
                }
            }
        }
    }

    fn is_around(&self, environment: Environment) -> bool {
        match environment.depth.checked_sub(1) {
            Some(position) => self.path.get(position).is_some_and(|scope| scope.environment == environment),
            None => environment == Environment::GLOBAL,
        }
    }
}

/// The budget of an expansion is far below the `u32` that numbers what it makes.
fn index(position: usize) -> u32 {
    u32::try_from(position).expect("the budget of the expansion bounds this")
}

impl PartialEq for Meaning {
    /// Whether identifiers with these meanings are the same one to `syntax-rules`.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bound(Binding::Variable(left)), Self::Bound(Binding::Variable(right))) => left == right,
            (Self::Bound(Binding::Macro(left)), Self::Bound(Binding::Macro(right))) => Rc::ptr_eq(left, right),
            (Self::Procedure(left), Self::Procedure(right)) | (Self::Unbound(left), Self::Unbound(right)) => {
                left == right
            }
            (Self::Form(left), Self::Form(right)) => left == right,
            _ => false,
        }
    }
}
