//! What the expansions of the macros name, and the command `dpfw`. Not for people: it changes without notice.
#![allow(clippy::needless_pass_by_value, reason = "expansions give their arrays away")]

pub use crate::parallel::parallel;
pub use crate::port::Segment;
pub use crate::task::{
    splice::Spliced,
    template::{Source, Template},
};
use crate::{IntoCode, Splice, Spread, SpreadCode, Task};

/// `,x`
pub fn value<T: Splice + ?Sized>(value: &T) -> Spliced {
    value.splice()
}

/// `,@xs`
pub fn spread<T: Spread + ?Sized>(sequence: &T) -> Spliced {
    sequence.spread()
}

/// `,x` in a place for program text
pub fn code<T: IntoCode + ?Sized>(code: &T) -> Spliced {
    Spliced::Code(code.to_code())
}

/// `,@xs` in a place for program text
pub fn spread_code<T: SpreadCode + ?Sized>(sequence: &T) -> Spliced {
    Spliced::Items(sequence.spread_code().into_iter().map(Spliced::Code).collect())
}

/// `remote!`
pub fn task<const N: usize>(template: &'static Template, splices: [Spliced; N]) -> Task {
    Task::from_splices(template, &splices)
}

/// `remote!` without the places of its tokens, as some tools expand it; the splices are there for their types.
pub fn unread<const N: usize>(_splices: [Spliced; N]) -> Task {
    Task::unread()
}
