//! What Rust values become when `,x` and `,@xs` splice them into a task.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashSet, LinkedList, VecDeque},
    rc::Rc,
    sync::Arc,
};

use serde::Serialize;

use crate::{Code, F64Vector, Symbol, Value, ValueError, to_value};

/// A value that `,x` can splice into a task: data, or [`Code`].
///
/// Every [`Serialize`] type is data; see [`to_value`] for what it becomes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be spliced into a remote task",
    label = "`,value` needs a `serde::Serialize` type (data) or `dpfw::Code` (program text)",
    note = "derive it: `#[derive(serde::Serialize)]`, or splice a field of it"
)]
pub trait Splice {
    /// What goes into the task.
    #[doc(hidden)]
    fn splice(&self) -> Spliced;
}

/// A sequence that `,@xs` can splice into a task, its items in place.
#[diagnostic::on_unimplemented(
    message = "`,@` cannot spread a `{Self}`",
    label = "`,@` needs a slice, a `Vec` or another sequence of values that can be spliced",
    note = "collect it into a `Vec`, or splice it as one value: `,x`"
)]
pub trait Spread {
    /// What goes into the task.
    #[doc(hidden)]
    fn spread(&self) -> Spliced;
}

/// A value that `,x` can splice where a task has names or syntax: a variable that is bound, the data of a `case`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is data, but this place in the task is program text",
    label = "only `dpfw::Code` or `dpfw::Symbol` can stand for names or syntax"
)]
pub trait IntoCode {
    /// What goes into the task.
    #[doc(hidden)]
    fn to_code(&self) -> Code;
}

/// A sequence that `,@xs` can splice where a task has names or syntax: the parameters of a `lambda`, the clauses of a `cond`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no sequence of `dpfw::Code`, but this place in the task is program text",
    label = "only `dpfw::Code` or `dpfw::Symbol` can stand for names or syntax"
)]
pub trait SpreadCode {
    /// What goes into the task.
    #[doc(hidden)]
    fn spread_code(&self) -> Vec<Code>;
}

/// A spliced value on its way into a task.
#[derive(Debug, Clone)]
pub enum Spliced {
    /// Data.
    Value(Value),
    /// Program text.
    Code(Code),
    /// A sequence that holds program text.
    Items(Vec<Self>),
    /// A value that cannot travel.
    Failed(ValueError),
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> Splice for T {
    fn splice(&self) -> Spliced {
        match to_value(self) {
            Ok(value) => Spliced::Value(value),
            Err(error) => Spliced::Failed(error),
        }
    }
}

impl Splice for Code {
    fn splice(&self) -> Spliced {
        Spliced::Code(self.clone())
    }
}

impl Splice for &Code {
    fn splice(&self) -> Spliced {
        Spliced::Code(Code::clone(self))
    }
}

impl IntoCode for Code {
    fn to_code(&self) -> Code {
        self.clone()
    }
}

impl IntoCode for Symbol {
    fn to_code(&self) -> Code {
        self.clone().into()
    }
}

impl<T: IntoCode + ?Sized> IntoCode for &T {
    fn to_code(&self) -> Code {
        T::to_code(self)
    }
}

impl<T: IntoCode> SpreadCode for [T] {
    fn spread_code(&self) -> Vec<Code> {
        self.iter().map(IntoCode::to_code).collect()
    }
}

impl<T: IntoCode, const N: usize> SpreadCode for [T; N] {
    fn spread_code(&self) -> Vec<Code> {
        self.as_slice().spread_code()
    }
}

impl<T: IntoCode> SpreadCode for Vec<T> {
    fn spread_code(&self) -> Vec<Code> {
        self.as_slice().spread_code()
    }
}

impl<T: SpreadCode + ?Sized> SpreadCode for &T {
    fn spread_code(&self) -> Vec<Code> {
        T::spread_code(self)
    }
}

impl Spliced {
    pub(super) fn as_value(&self) -> Option<&Value> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }

    /// Why it cannot travel, if so.
    pub(super) fn failure(&self) -> Option<&ValueError> {
        match self {
            Self::Failed(error) => Some(error),
            Self::Items(items) => items.iter().find_map(Self::failure),
            Self::Value(_) | Self::Code(_) => None,
        }
    }
}

/// Items stay values as long as all are.
fn spread_items<'a, T: Splice + ?Sized + 'a>(items: impl Iterator<Item = &'a T>) -> Spliced {
    let mut values = Vec::with_capacity(items.size_hint().0);
    let mut items = items.map(Splice::splice);
    while let Some(item) = items.next() {
        match item {
            Spliced::Value(value) => values.push(value),
            Spliced::Failed(error) => return Spliced::Failed(error),
            code => {
                let before = values.into_iter().map(Spliced::Value);
                return Spliced::Items(before.chain([code]).chain(items).collect());
            }
        }
    }
    Spliced::Value(Value::List(values))
}

macro_rules! spread_sequences {
    ($($(#[$attribute:meta])* [$($parameters:tt)*] $type:ty;)*) => {$(
        $(#[$attribute])*
        impl<$($parameters)*> Spread for $type {
            fn spread(&self) -> Spliced {
                spread_items(self.iter())
            }
        }
    )*};
}

spread_sequences! {
    [T: Splice] [T];
    [T: Splice, const N: usize] [T; N];
    [T: Splice] Vec<T>;
    [T: Splice] VecDeque<T>;
    [T: Splice] LinkedList<T>;
    [T: Splice] BTreeSet<T>;
    [T: Splice, S] HashSet<T, S>;
}

macro_rules! spread_through {
    ($($type:ty),*) => {$(
        impl<T: Spread + ?Sized> Spread for $type {
            fn spread(&self) -> Spliced {
                T::spread(self)
            }
        }
    )*};
}

spread_through!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

impl<T: Spread + ToOwned + ?Sized> Spread for Cow<'_, T> {
    fn spread(&self) -> Spliced {
        T::spread(self)
    }
}

impl Spread for F64Vector {
    fn spread(&self) -> Spliced {
        spread_items(self.iter())
    }
}

/// The items of a list, as program text.
impl Spread for Code {
    fn spread(&self) -> Spliced {
        match self.datum().as_list() {
            Some(items) => Spliced::Items(items.iter().cloned().map(Self::from_datum).map(Spliced::Code).collect()),
            None => failed(format_args!("`,@` spreads lists, not {self}")),
        }
    }
}

/// A list or a vector is spread, anything else is refused.
impl Spread for Value {
    fn spread(&self) -> Spliced {
        match self {
            Self::List(items) | Self::Vector(items) => spread_items(items.iter()),
            other => failed(format_args!("`,@` spreads lists and vectors, not {other}")),
        }
    }
}

fn failed(message: std::fmt::Arguments<'_>) -> Spliced {
    Spliced::Failed(serde::ser::Error::custom(message))
}
