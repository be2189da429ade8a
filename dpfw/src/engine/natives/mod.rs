//! The native procedures: one table of names, arities and functions per kind of data.

#[macro_use]
mod table;

mod arguments;
mod bytes;
mod chars;
mod complex;
mod conditions;
mod control;
mod custom;
mod equality;
mod f64_vectors;
mod hash_tables;
mod integers;
mod lists;
mod numbers;
mod ports;
mod records;
mod strings;
mod symbols;
mod time;
mod vectors;

use std::{collections::HashMap, sync::LazyLock};

pub(super) use self::{
    arguments::size,
    bytes::{ByteVector, make_received as make_received_bytes},
    control::values_list,
    custom::{is, with, with_mut, wrap},
    equality::identity,
    f64_vectors::{F64Vector, make as make_f64_vector},
    hash_tables::HashTable,
    lists::prepend,
    numbers::{from_number, to_number},
    ports::{Eof, Port, no_input},
    records::{RecordType, label},
    symbols::Keyword,
    table::Native,
};

/// All natives.
pub(super) fn natives() -> impl Iterator<Item = &'static Native> {
    let tables: [&'static [Native]; 24] = [
        bytes::NATIVES,
        chars::NATIVES,
        complex::NATIVES,
        conditions::NATIVES,
        control::NATIVES,
        equality::NATIVES,
        f64_vectors::NATIVES,
        f64_vectors::HEAP_NATIVES,
        hash_tables::NATIVES,
        integers::NATIVES,
        lists::NATIVES,
        numbers::NATIVES,
        ports::NATIVES,
        ports::HEAP_NATIVES,
        records::NATIVES,
        records::HEAP_NATIVES,
        strings::NATIVES,
        strings::HEAP_NATIVES,
        symbols::NATIVES,
        time::NATIVES,
        vectors::NATIVES,
        vectors::HEAP_NATIVES,
        control::HEAP_NATIVES,
        ports::OUTPUT_NATIVES,
    ];
    tables.into_iter().flatten()
}

/// The native called `name`.
pub(super) fn native(name: &str) -> Option<&'static Native> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static Native>> =
        LazyLock::new(|| natives().map(|native| (native.name, native)).collect());
    BY_NAME.get(name).copied()
}
