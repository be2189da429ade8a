//! Tasks: remote procedures with their values and options, as the macros and [`Task::parse`] make them.

mod dynamic;
mod parse;
mod place;
mod rejection;
pub(crate) mod splice;
mod task;
pub(crate) mod template;
mod values;

pub use self::{
    place::SourcePlace,
    rejection::TaskRejection,
    splice::{IntoCode, Splice, Spread, SpreadCode},
    task::Task,
};
pub(crate) use self::{task::TaskOptions, template::TemplateRef, values::EncodedValues};

#[cfg(test)]
mod tests;
