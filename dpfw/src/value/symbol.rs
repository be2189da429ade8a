//! Symbols.

use std::{borrow::Borrow, fmt, ops::Deref, sync::Arc};

use dpfw_syntax::write_symbol;

/// A symbol, by its text.
///
/// `Display` prints what `write` prints, with bars where the text needs them; [`Symbol::as_str`] is the text itself.
///
/// Spliced into a task or written on a port it is a symbol there, where a `String` would be a string.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(Arc<str>);

impl Symbol {
    /// The symbol with this text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text, as `symbol->string` gives it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, shared.
    pub(crate) fn text(&self) -> &Arc<str> {
        &self.0
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_symbol(f, &self.0)
    }
}

impl Deref for Symbol {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Symbol {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Symbol {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Symbol {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Symbol {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl From<&str> for Symbol {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Symbol {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<Arc<str>> for Symbol {
    fn from(text: Arc<str>) -> Self {
        Self(text)
    }
}
