//! A place in the source of a task, for people.

use std::{borrow::Cow, fmt};

/// Where in a program something was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SourcePlace {
    file: Cow<'static, str>,
    line: u32,
    column: u32,
}

impl SourcePlace {
    pub(crate) fn new(file: impl Into<Cow<'static, str>>, line: u32, column: u32) -> Self {
        Self { file: file.into(), line, column }
    }

    /// The file, as the compiler named it; for [`Task::parse`](crate::Task::parse) where that was called.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The column in characters, from 1.
    pub fn column(&self) -> u32 {
        self.column
    }
}

impl fmt::Display for SourcePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
