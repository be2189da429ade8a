//! Compares the JSON files of two versions, some of each.

use std::{collections::BTreeMap, fs};

use crate::{
    Outcome,
    report::{Row, number},
    stats::median,
};

type File = BTreeMap<String, Row>;

/// Prints, for each workload in all files, its ratio to tokio in both versions, and how much the second's is of the first's.
///
/// Rows without a ratio are compared by dpfw's value, which drifts with the machine.
pub(crate) fn print(first: &str, second: &str) -> Outcome<()> {
    let (first, second) = (read(first)?, read(second)?);
    println!("| workload | by | A | B | B / A | good |");
    println!("|---|---|--:|--:|--:|---|");
    let Some(keys) = first.first() else { return Ok(()) };
    for (key, row) in keys {
        let (Some(a), Some(b)) = (of(&first, key), of(&second, key)) else { continue };
        let by = if row.ratio.is_some() { "ratio" } else { "value" };
        println!("| {key} | {by} | {} | {} | {:.2} | {} |", number(a), number(b), b / a, row.better.name());
    }
    Ok(())
}

fn read(names: &str) -> Outcome<Vec<File>> {
    names.split(',').map(|name| Ok(serde_json::from_str(&fs::read_to_string(name)?)?)).collect()
}

/// The median over `files` of a row's ratio, or of its value where it has none.
fn of(files: &[File], key: &str) -> Option<f64> {
    let values = files.iter().map(|file| file.get(key).map(|row| row.ratio.unwrap_or(row.dpfw)));
    values.collect::<Option<Vec<_>>>().map(median)
}
