//! The mistakes of a program's text, as its author sees them.

use std::{fmt, sync::Arc};

use dpfw_syntax::{Datum, ReadLimits, Span, line_column, read_all};

/// What is wrong with the text of a program or a datum: every mistake, each at its place.
///
/// `Display` shows each with the line that it is on:
///
/// ```
/// let errors = "(1\n  #<port>)".parse::<dpfw::Value>().unwrap_err();
/// assert_eq!(errors.iter().next().map(|error| (error.line, error.column)), Some((2, 3)));
/// println!("{errors}");
/// // error: this stands for a value that has no text, such as a procedure or a port
/// //  --> 2:3
/// //   |
/// // 2 |   #<port>)
/// //   |   ^^^^^^^
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SyntaxErrors {
    text: Arc<str>,
    errors: Vec<SyntaxError>,
    /// Where each mistake is, in characters of its line.
    widths: Vec<u32>,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyntaxError {
    /// The line, from 1.
    pub line: u32,
    /// The character of the line, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// As `Display`: this is what `main` prints for the error that it returns.
impl fmt::Debug for SyntaxErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl SyntaxErrors {
    /// The mistakes in order of their places; at least one.
    pub fn iter(&self) -> std::slice::Iter<'_, SyntaxError> {
        self.errors.iter()
    }

    /// The mistakes that the front end found in `text`. Spans count bytes.
    pub(crate) fn new(text: &str, errors: Vec<dpfw_syntax::SyntaxError>) -> Self {
        debug_assert!(!errors.is_empty(), "an error without a mistake");
        let place = |error: dpfw_syntax::SyntaxError| {
            let (line, column) = line_column(text, error.span.start);
            let (line_end, column_end) = line_column(text, error.span.end);
            // Of a mistake over several lines only the beginning is shown.
            let width = if line_end == line { column_end.saturating_sub(column).max(1) } else { 1 };
            (SyntaxError { line, column, message: error.message, help: error.help }, width)
        };
        let (errors, widths) = errors.into_iter().map(place).unzip();
        Self { text: text.into(), errors, widths }
    }

    /// One mistake.
    pub(crate) fn at(text: &str, span: Span, message: impl Into<String>) -> Self {
        Self::new(text, vec![dpfw_syntax::SyntaxError::new(span, message)])
    }

    /// Reads exactly one datum.
    pub(crate) fn read_one(text: &str, limits: &ReadLimits) -> Result<Datum, Self> {
        let mut data = read_all(text, limits).map_err(|error| Self::new(text, vec![error.into()]))?;
        if let Some(second) = data.get(1) {
            return Err(Self::at(text, second.span, "only one datum can be read here"));
        }
        data.pop().ok_or_else(|| {
            let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
            Self::at(text, Span::new(end, end), "there is no datum here")
        })
    }
}

impl<'a> IntoIterator for &'a SyntaxErrors {
    type Item = &'a SyntaxError;
    type IntoIter = std::slice::Iter<'a, SyntaxError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for SyntaxErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (error, width)) in self.errors.iter().zip(&self.widths).enumerate() {
            if index == SHOWN_MAX {
                return write!(f, "\n\nand {} more", self.errors.len() - index);
            }
            if index > 0 {
                f.write_str("\n\n")?;
            }
            let line = usize::try_from(error.line).unwrap_or(usize::MAX);
            let source = self.text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
            show(f, error, *width, source)?;
        }
        Ok(())
    }
}

impl std::error::Error for SyntaxErrors {}

/// Mistakes that are shown in full.
const SHOWN_MAX: usize = 20;
/// Characters of a line that are shown; generated programs can be one line of a million.
const SOURCE_MAX: usize = 110;
/// Characters that are shown before the mistake, where a line has to be cut.
const SOURCE_BEFORE: usize = 40;

fn show(f: &mut fmt::Formatter<'_>, error: &SyntaxError, width: u32, source: &str) -> fmt::Result {
    let gutter = " ".repeat(error.line.to_string().len());
    let column = usize::try_from(error.column).unwrap_or(usize::MAX).saturating_sub(1);
    let cut = if source.chars().nth(SOURCE_MAX).is_some() { column.saturating_sub(SOURCE_BEFORE) } else { 0 };
    // A tab would shift what stands below it.
    let blank = |c: char| if c.is_control() { ' ' } else { c };
    let shown: String = source.chars().skip(cut).take(SOURCE_MAX).map(blank).collect();
    let indent = column - cut;
    let width = usize::try_from(width).unwrap_or(usize::MAX).clamp(1, SOURCE_MAX.saturating_sub(indent).max(1));
    writeln!(f, "error: {}", error.message)?;
    writeln!(f, "{gutter}--> {}:{}", error.line, error.column)?;
    writeln!(f, "{gutter} |")?;
    writeln!(f, "{} | {}", error.line, shown.trim_end())?;
    write!(f, "{gutter} | {}{}", " ".repeat(indent), "^".repeat(width))?;
    if let Some(help) = &error.help {
        write!(f, "\n{gutter} = help: {help}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Value};

    fn shown(text: &str) -> String {
        text.parse::<Value>().unwrap_err().to_string()
    }

    #[test]
    fn a_mistake_is_shown_under_its_line() {
        let expected = "\
error: the denominator is zero
 --> 2:9
  |
2 |   (list 1/0 2)
  |         ^^^";
        assert_eq!(shown("(begin\n\t (list 1/0 2)\n)"), expected);
        let expected = "\
error: braces have no meaning here
  --> 10:3
   |
10 | λ {
   |   ^
   = help: write `(` and `)`";
        assert_eq!(shown(&format!("({}λ {{", "\n".repeat(9))), expected);
    }

    #[test]
    fn a_mistake_without_a_line_of_its_own_is_shown_at_the_end() {
        for (text, line, column) in [("", 1, 1), (" \n", 2, 1), ("; only a comment", 1, 17)] {
            let errors = text.parse::<Value>().unwrap_err();
            let mistake = errors.iter().next().unwrap();
            assert_eq!((mistake.line, mistake.column), (line, column), "{text:?}");
            assert_eq!(mistake.message, "there is no datum here");
            assert!(errors.to_string().ends_with('^'));
        }
    }

    #[test]
    fn a_second_datum_is_a_mistake() {
        let errors = Code::parse("(a)\n(b)").unwrap_err();
        let mistake = errors.iter().next().unwrap();
        assert_eq!((mistake.line, mistake.column), (2, 1));
        assert_eq!(mistake.message, "only one datum can be read here");
    }

    #[test]
    fn a_long_line_is_cut_around_the_mistake() {
        let text = format!("({}1/0 {})", "λ ".repeat(100_000), "x ".repeat(100_000));
        let shown = shown(&text);
        assert!(shown.chars().count() < 500, "{shown}");
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[1].trim(), "--> 1:200002");
        let caret = lines[4].chars().position(|c| c == '^').unwrap();
        assert_eq!(lines[3].chars().skip(caret).take(3).collect::<String>(), "1/0");
    }

    #[test]
    fn very_many_mistakes_are_counted() {
        let mistake = |start| dpfw_syntax::SyntaxError::new(Span::new(start, start + 1), "wrong");
        let errors = SyntaxErrors::new(&"x".repeat(100), (0..100).map(mistake).collect());
        assert_eq!(errors.iter().count(), 100);
        assert!(errors.to_string().ends_with("\n\nand 80 more"));
    }
}
