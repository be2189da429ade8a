//! Templates: the core text of tasks with holes for their values, made at compile time or by `Task::parse`.

use std::{borrow::Cow, ops::Deref, sync::Arc};

use dpfw_syntax::{Place, TemplateHash, find_place};

use super::SourcePlace;

/// What all tasks of one `remote!` share.
#[derive(Debug)]
pub struct Template {
    text: Cow<'static, str>,
    hash: TemplateHash,
    externs: Externs,
    /// The task as it was written, with holes; for tasks that are given program text. Empty where there are no holes.
    surface: Cow<'static, str>,
    source: Source,
}

/// Where the text of a template came from.
#[derive(Debug)]
pub struct Source {
    file: Cow<'static, str>,
    /// Of the whole task.
    line: u32,
    column: u32,
    /// See [`find_place`].
    places: Cow<'static, [u8]>,
}

/// A template of the program, or one that was made at run time.
#[derive(Debug, Clone)]
pub(crate) enum TemplateRef {
    Static(&'static Template),
    Shared(Arc<Template>),
}

#[derive(Debug)]
enum Externs {
    Static(&'static [&'static str]),
    Owned(Vec<String>),
}

impl Template {
    /// What `remote!` makes.
    pub const fn new(
        text: &'static str,
        hash: [u8; 16],
        externs: &'static [&'static str],
        surface: &'static str,
        source: Source,
    ) -> Self {
        Self {
            text: Cow::Borrowed(text),
            hash: TemplateHash(hash),
            externs: Externs::Static(externs),
            surface: Cow::Borrowed(surface),
            source,
        }
    }

    pub(crate) fn from_lowered(lowered: dpfw_syntax::Lowered, source: Source) -> Self {
        Self {
            text: Cow::Owned(lowered.text),
            hash: lowered.hash,
            externs: Externs::Owned(lowered.externs),
            surface: Cow::Borrowed(""),
            source,
        }
    }

    /// The core text that slaves compile.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The name under which slaves keep it compiled.
    pub(crate) fn hash(&self) -> TemplateHash {
        self.hash
    }

    /// The procedures it needs that only some slaves offer.
    pub(crate) fn externs(&self) -> impl Iterator<Item = &str> {
        let (borrowed, owned): (&[&'static str], &[String]) = match &self.externs {
            Externs::Static(names) => (names, &[]),
            Externs::Owned(names) => (&[], names),
        };
        borrowed.iter().copied().chain(owned.iter().map(String::as_str))
    }

    /// Where the whole task was written.
    pub(crate) fn place(&self) -> SourcePlace {
        let Source { file, line, column, .. } = &self.source;
        SourcePlace::new(file.clone(), *line, *column)
    }

    /// Where the form at `offset` of the core text was written; the whole task's place if that is not known.
    pub(crate) fn place_of(&self, offset: u32) -> SourcePlace {
        match find_place(&self.source.places, offset) {
            Some(Place { line, column }) => SourcePlace::new(self.source.file.clone(), line, column),
            None => self.place(),
        }
    }

    pub(crate) fn surface(&self) -> &str {
        &self.surface
    }
}

impl Source {
    /// What `remote!` makes.
    pub const fn new(file: &'static str, line: u32, column: u32, places: &'static [u8]) -> Self {
        Self { file: Cow::Borrowed(file), line, column, places: Cow::Borrowed(places) }
    }

    /// A source without places within it.
    pub(crate) fn at(place: &SourcePlace) -> Self {
        Self {
            file: Cow::Owned(place.file().to_owned()),
            line: place.line(),
            column: place.column(),
            places: Cow::Borrowed(&[]),
        }
    }

    pub(crate) fn owned(file: String, start: Place, places: Vec<u8>) -> Self {
        Self { file: Cow::Owned(file), line: start.line, column: start.column, places: Cow::Owned(places) }
    }
}

impl Deref for TemplateRef {
    type Target = Template;

    fn deref(&self) -> &Template {
        match self {
            Self::Static(template) => template,
            Self::Shared(template) => template,
        }
    }
}
