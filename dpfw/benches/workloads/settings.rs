//! [`Settings`]: how much is measured, as the arguments say.

use std::{iter, path::PathBuf};

use crate::Outcome;

#[derive(Debug)]
pub(crate) struct Settings {
    /// Workloads by name; none means all.
    pub(crate) only: Vec<String>,
    /// Rounds that are counted.
    rounds: usize,
    /// Little of everything: only the answers count.
    is_smoke: bool,
    pub(crate) json: Option<PathBuf>,
}

const ROUNDS: usize = 15;

impl Settings {
    pub(crate) fn parse(arguments: &[&str]) -> Outcome<Self> {
        let mut settings = Self { only: Vec::new(), rounds: 0, is_smoke: false, json: None };
        let mut arguments = arguments.iter();
        while let Some(&argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} takes a value"));
            match argument {
                "--only" => settings.only = value()?.split(',').map(str::to_owned).collect(),
                "--rounds" => settings.rounds = value()?.parse()?,
                "--json" => settings.json = Some(value()?.into()),
                "--smoke" => settings.is_smoke = true,
                other => return Err(format!("unknown argument {other}").into()),
            }
        }
        if settings.rounds == 0 {
            settings.rounds = settings.pick(ROUNDS, 1);
        }
        Ok(settings)
    }

    /// The arguments that [`parse`](Self::parse) makes these settings of, without the file.
    pub(crate) fn to_arguments(&self) -> Vec<String> {
        let mut arguments = vec!["--rounds".to_owned(), self.rounds.to_string()];
        if !self.only.is_empty() {
            arguments.extend(["--only".to_owned(), self.only.join(",")]);
        }
        if self.is_smoke {
            arguments.push("--smoke".to_owned());
        }
        arguments
    }

    /// A count or a size.
    pub(crate) fn pick<T>(&self, normal: T, smoke: T) -> T {
        if self.is_smoke { smoke } else { normal }
    }

    /// Whether `name` was asked for and not only included.
    pub(crate) fn is_asked_for(&self, name: &str) -> bool {
        self.only.iter().any(|only| only == name)
    }

    /// For each round, whether it counts: the first one warms up.
    pub(crate) fn rounds(&self) -> impl Iterator<Item = bool> + use<> {
        iter::once(false).chain(iter::repeat_n(true, self.rounds))
    }
}
