//! Environments: what a name means where it stands.
//!
//! An identifier that a macro introduced is an *alias*: it records the name in the macro's text and the environment of
//! the macro's definition. Where nothing has bound the alias itself, it means what that name means there. This is what
//! makes macros hygienic; nothing is ever renamed.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
    sync::Arc,
};

use super::{macros::Macro, tree::VariableId};
use crate::{AliasId, Name, vocabulary::Form};

/// All scopes and all aliases of one expansion.
#[derive(Debug, Default)]
pub(crate) struct Environments {
    scopes: Vec<Scope>,
    aliases: Vec<Alias>,
    /// Every name that any scope binds: most aliases never are, and need no search through thousands of scopes.
    bound: HashSet<Name>,
}

/// A scope and all scopes around it. Scopes live as long as the expansion: macros and aliases keep referring to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Environment(Option<u32>);

/// The names that one construct binds.
#[derive(Debug)]
struct Scope {
    /// Grows while a body is scanned for its definitions.
    names: HashMap<Name, Binding>,
    outer: Environment,
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
}

impl Environment {
    /// Where the program has bound nothing.
    pub(crate) const GLOBAL: Self = Self(None);
}

impl Environments {
    /// A scope inside `outer` without names.
    pub(crate) fn inside(&mut self, outer: Environment) -> Environment {
        self.scopes.push(Scope { names: HashMap::new(), outer });
        Environment(Some(index(self.scopes.len() - 1)))
    }

    /// Binds `name` in the innermost scope; false if that scope has bound it before.
    pub(crate) fn bind(&mut self, environment: Environment, name: Name, binding: Binding) -> bool {
        let id = environment.0.expect("the global environment is the vocabulary, which programs do not extend");
        self.bound.insert(name.clone());
        self.scopes[id as usize].names.insert(name, binding).is_none()
    }

    /// Keeps uses of `name` from being reported where its definition has a mistake in it.
    pub(crate) fn bind_unknown(&mut self, environment: Environment, name: &Name) {
        if let Environment(Some(id)) = environment {
            self.bound.insert(name.clone());
            self.scopes[id as usize].names.entry(name.clone()).or_insert(Binding::Unknown);
        }
    }

    /// A fresh alias of `name`, as the text of a macro that was defined in `environment` has it.
    pub(crate) fn alias(&mut self, name: &Name, environment: Environment) -> Name {
        self.aliases.push(Alias { name: name.clone(), environment });
        Name { text: Arc::clone(&name.text), alias: Some(AliasId(index(self.aliases.len() - 1))) }
    }

    /// What the program bound `name` to; `None` if it means what its text means globally.
    pub(crate) fn binding(&self, name: &Name, environment: Environment) -> Option<&Binding> {
        let mut name = name;
        let mut environment = environment;
        loop {
            if self.bound.contains(name)
                && let Some(binding) = self.scopes(environment).find_map(|scope| scope.names.get(name))
            {
                return Some(binding);
            }
            // A tree made elsewhere could carry an alias that is not ours: it is then just its text.
            let alias = self.aliases.get(name.alias?.0 as usize)?;
            name = &alias.name;
            environment = alias.environment;
        }
    }

    /// The texts of the names in scope, innermost first.
    pub(crate) fn texts(&self, environment: Environment) -> impl Iterator<Item = &str> {
        self.scopes(environment).flat_map(|scope| {
            let mut texts: Vec<&str> = scope.names.keys().map(|name| &*name.text).collect();
            // The order of a hash table differs from run to run; what is suggested must not.
            texts.sort_unstable();
            texts
        })
    }

    fn scopes(&self, environment: Environment) -> impl Iterator<Item = &Scope> {
        let mut next = environment;
        std::iter::from_fn(move || {
            let scope = &self.scopes[next.0? as usize];
            next = scope.outer;
            Some(scope)
        })
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
