//! [`Row`]: what a workload gave, as a line of the table and as JSON.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use serde::{Deserialize, Serialize};

use crate::Outcome;

/// Rows by their keys, in the order in which they are printed.
pub(crate) type Rows = Vec<(String, Row)>;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    what: String,
    unit: String,
    pub(crate) dpfw: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    std: Option<f64>,
    /// To tokio, or to what `what` names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ratio: Option<f64>,
    /// Which ratio is good; which value, if there is no ratio.
    pub(crate) better: Better,
    #[serde(flatten)]
    details: BTreeMap<String, f64>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Better {
    Lower,
    Higher,
}

impl Better {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Higher => "higher",
        }
    }
}

impl Row {
    pub(crate) fn new(what: &str, unit: &str, better: Better, dpfw: f64) -> Self {
        let (what, unit) = (what.to_owned(), unit.to_owned());
        Self { what, unit, dpfw, tokio: None, std: None, ratio: None, better, details: BTreeMap::new() }
    }

    pub(crate) fn tokio(self, tokio: f64, ratio: f64) -> Self {
        Self { tokio: Some(tokio), ..self.ratio(ratio) }
    }

    pub(crate) fn std(self, std: f64) -> Self {
        Self { std: Some(std), ..self }
    }

    pub(crate) fn ratio(self, ratio: f64) -> Self {
        Self { ratio: Some(ratio), ..self }
    }

    pub(crate) fn detail(mut self, name: &str, value: f64) -> Self {
        self.details.insert(name.to_owned(), value);
        self
    }
}

pub(crate) fn print(rows: &Rows) -> Outcome<()> {
    println!("| workload | | dpfw | tokio | std | unit | ratio | good | more |");
    println!("|---|---|--:|--:|--:|---|--:|---|---|");
    for (key, row) in rows {
        let optional = |value: Option<f64>| value.map(number).unwrap_or_default();
        let ratio = row.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
        let details: Vec<String> =
            row.details.iter().map(|(name, value)| format!("{name} {}", number(*value))).collect();
        println!(
            "| {key} | {} | {} | {} | {} | {} | {ratio} | {} | {} |",
            row.what,
            number(row.dpfw),
            optional(row.tokio),
            optional(row.std),
            row.unit,
            row.better.name(),
            details.join(", ")
        );
    }
    println!();
    println!("{}", machine()?);
    Ok(())
}

/// About three significant digits.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

fn machine() -> Outcome<String> {
    let cpus = fs::read_to_string("/proc/cpuinfo")?;
    let models = || cpus.lines().filter_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = models().next().map_or("unknown processor", |(_, model)| model);
    let date = Command::new("date").args(["-u", "+%F %H:%M UTC"]).output()?;
    Ok(format!("{model}, {} cores, {}", models().count(), String::from_utf8(date.stdout)?.trim()))
}

pub(crate) fn write_json(rows: &Rows, file: &Path) -> Outcome<()> {
    let rows: BTreeMap<_, _> = rows.iter().map(|(key, row)| (key, row)).collect();
    Ok(fs::write(file, serde_json::to_string_pretty(&rows)? + "\n")?)
}
