//! Values as text: what `write` and `display` print.

use std::fmt::{self, Write};

use dpfw_syntax::{write_char, write_float, write_keyword, write_string, write_symbol};

use super::{Value, with_stack};
use crate::plain::Plain;

impl Value {
    /// What `display` prints: as `write`, but strings, characters and symbols are themselves, without quotes or bars.
    ///
    /// ```
    /// let value: dpfw::Value = r#"("a" #\b |c d|)"#.parse()?;
    /// assert_eq!(value.display().to_string(), "(a b c d)");
    /// # Ok::<(), dpfw::SyntaxErrors>(())
    /// ```
    pub fn display(&self) -> impl fmt::Display + '_ {
        Printed { value: self, style: Style::Display }
    }
}

/// What `write` prints.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Printed { value: self, style: Style::Write }.fmt(f)
    }
}

struct Printed<'a> {
    value: &'a Value,
    style: Style,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Write,
    Display,
}

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.style.print(self.value, f)
    }
}

impl Style {
    fn print(self, value: &Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match value {
            Value::Void => f.write_str("#!void"),
            Value::Bool(truth) => f.write_str(if *truth { "#t" } else { "#f" }),
            Value::Number(number) => write!(f, "{number}"),
            Value::Char(c) if self == Self::Display => f.write_char(*c),
            Value::Char(c) => write_char(f, *c),
            Value::String(text) if self == Self::Display => f.write_str(text),
            Value::String(text) => write_string(f, text),
            Value::Symbol(symbol) if self == Self::Display => f.write_str(symbol),
            Value::Symbol(symbol) => write_symbol(f, symbol),
            Value::Keyword(name) => write_keyword(f, name),
            Value::Bytes(bytes) => {
                separated(f, "#u8(", &bytes[..], |f, byte| write!(f, "{byte}"))?;
                f.write_char(')')
            }
            Value::F64Vector(floats) => {
                separated(f, "#f64(", &floats[..], |f, float| write_float(f, *float))?;
                f.write_char(')')
            }
            Value::List(items) => self.print_all(f, "(", items),
            Value::Vector(items) => self.print_all(f, "#(", items),
            Value::Dotted(items, tail) => {
                separated(f, "(", items, |f, item| self.print_inner(item, f))?;
                f.write_str(" . ")?;
                self.print_inner(tail, f)?;
                f.write_char(')')
            }
            Value::Map(entries) => {
                separated(f, "#hash(", entries, |f, (key, value)| {
                    f.write_char('(')?;
                    self.print_inner(key, f)?;
                    f.write_str(" . ")?;
                    self.print_inner(value, f)?;
                    f.write_char(')')
                })?;
                f.write_char(')')
            }
            Value::Opaque(text) => write!(f, "#<{}>", Plain(text)),
        }
    }

    fn print_all(self, f: &mut fmt::Formatter<'_>, open: &str, items: &[Value]) -> fmt::Result {
        separated(f, open, items, |f, item| self.print_inner(item, f))?;
        f.write_char(')')
    }

    fn print_inner(self, value: &Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        with_stack(|| self.print(value, f))
    }
}

/// Writes `open` and the items with blanks between them.
fn separated<T>(
    f: &mut fmt::Formatter<'_>,
    open: &str,
    items: impl IntoIterator<Item = T>,
    print: impl Fn(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    f.write_str(open)?;
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            f.write_char(' ')?;
        }
        print(f, item)?;
    }
    Ok(())
}
