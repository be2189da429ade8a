//! [`Death`]: how the process of a slave ended, as its supervisor tells masters.

use std::fmt::{self, Write};

use super::frame::AROUND_BYTES;
use crate::plain::on_one_line;

/// How the process of a supervised slave ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Death {
    /// What ended it.
    pub cause: DeathCause,
    /// The end of what it wrote on standard error, at most [`LAST_LINES_MAX`](Self::LAST_LINES_MAX) bytes: often the reason.
    pub last_lines: String,
    /// The last task that it had started on the link on which this is said, if that is known: those after it have not run.
    pub(crate) last_started: Option<u64>,
}

/// What ended the process of a supervised slave.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeathCause {
    /// A signal: somebody's, or the system's for a fault or for want of memory.
    Signal {
        /// Its number.
        number: i32,
    },
    /// It ended by itself.
    Exit {
        /// Its exit status.
        status: i32,
    },
    /// It was refused memory, see [`SlaveBuilder::child_memory`](crate::SlaveBuilder::child_memory).
    OutOfMemory,
    /// Its supervisor killed it.
    Killed {
        /// Why.
        why: String,
    },
}

/// How the line begins that says which task was started last.
const STARTED: &str = "started ";

impl Death {
    /// The most bytes of [`last_lines`](Self::last_lines).
    pub const LAST_LINES_MAX: usize = 1024;

    /// A death, with as much of the end of `last_lines` as there is room for.
    pub(crate) fn new(cause: DeathCause, last_lines: &str) -> Self {
        let mut start = last_lines.len().saturating_sub(Self::LAST_LINES_MAX);
        while !last_lines.is_char_boundary(start) {
            start += 1;
        }
        Self { cause, last_lines: last_lines[start..].to_owned(), last_started: None }
    }

    /// As text: a line with what was started last, if that is known, one with the cause, then the last lines. It has no byte
    /// 0xff, and neither has its length in a frame.
    pub(super) fn encode(&self) -> String {
        let cause = match &self.cause {
            DeathCause::Signal { number } => format!("signal {number}"),
            DeathCause::Exit { status } => format!("exit {status}"),
            DeathCause::OutOfMemory => "memory".to_owned(),
            DeathCause::Killed { why } => format!("killed {}", why.replace('\n', " ")),
        };
        let started = self.last_started.map(|task| format!("{STARTED}{task}\n")).unwrap_or_default();
        let mut text = format!("{started}{cause}\n{}", self.last_lines);
        if (AROUND_BYTES + text.len()) & 0xff == 0xff {
            text.push('\n');
        }
        text
    }

    pub(super) fn decode(payload: &[u8]) -> Option<Self> {
        let mut text = std::str::from_utf8(payload).ok()?;
        let mut last_started = None;
        if let Some(rest) = text.strip_prefix(STARTED) {
            let (task, rest) = rest.split_once('\n')?;
            (last_started, text) = (Some(task.parse().ok()?), rest);
        }
        let (cause, last_lines) = text.split_once('\n')?;
        let cause = match cause.split_once(' ') {
            Some(("signal", number)) => DeathCause::Signal { number: number.parse().ok()? },
            Some(("exit", status)) => DeathCause::Exit { status: status.parse().ok()? },
            Some(("killed", why)) => DeathCause::Killed { why: on_one_line(why) },
            None if cause == "memory" => DeathCause::OutOfMemory,
            _ => return None,
        };
        Some(Self { last_started, ..Self::new(cause, last_lines) })
    }
}

impl fmt::Display for Death {
    /// On one line, and without characters that terminals obey: a hostile task may have written the last lines.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)?;
        let mut lines = self.last_lines.lines().filter(|line| !line.trim().is_empty()).peekable();
        if lines.peek().is_some() {
            f.write_str("; its last lines: ")?;
        }
        while let Some(line) = lines.next() {
            line.chars().filter(|char| !char.is_control()).try_for_each(|char| f.write_char(char))?;
            if lines.peek().is_some() {
                f.write_str(" | ")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for DeathCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal { number } => {
                write!(f, "signal {number}")?;
                signal_name(*number).map_or(Ok(()), |name| write!(f, " ({name})"))
            }
            Self::Exit { status } => write!(f, "exit status {status}"),
            Self::OutOfMemory => f.write_str("it was refused memory"),
            Self::Killed { why } => write!(f, "killed by its supervisor: {why}"),
        }
    }
}

/// The name of a signal that often ends processes; numbers that differ from system to system have none.
fn signal_name(number: i32) -> Option<&'static str> {
    Some(match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::wire::Message;

    #[test]
    fn a_death_is_read_as_it_was_written() {
        let causes = [
            DeathCause::Signal { number: 9 },
            DeathCause::Exit { status: 255 },
            DeathCause::OutOfMemory,
            DeathCause::Killed { why: "it hangs".to_owned() },
        ];
        for cause in causes {
            let death = Death::new(cause, "first\nλast\n");
            for death in [Death { last_started: Some(u64::MAX), ..death.clone() }, death] {
                assert_eq!(Death::decode(death.encode().as_bytes()), Some(death));
            }
        }
    }

    #[test]
    fn no_frame_of_a_death_has_the_mark_of_another() {
        for length in 0..=Death::LAST_LINES_MAX {
            let mut bytes = BytesMut::new();
            Message::Died(Death::new(DeathCause::Exit { status: 1 }, &"x".repeat(length))).put(&mut bytes);
            assert!(!bytes.contains(&0xff), "{length}");
        }
    }

    #[test]
    fn what_is_no_death_is_refused() {
        for payload in [
            &b""[..],
            b"signal 9",
            b"signal x\n",
            b"plague\n",
            b"memory \n",
            b"exit 1\n\xff",
            b"started x\nexit 1\n",
            b"started 1\n",
        ] {
            assert_eq!(Death::decode(payload), None, "{payload:?}");
        }
    }

    #[test]
    fn only_the_end_of_the_last_lines_is_kept_and_shown_on_one_line() {
        let death = Death::new(DeathCause::OutOfMemory, &"λ".repeat(2 * Death::LAST_LINES_MAX));
        assert_eq!(death.last_lines.len(), Death::LAST_LINES_MAX);
        let death = Death::new(DeathCause::Signal { number: 6 }, "one\n\n\x1b[31mtwo\n");
        assert_eq!(death.to_string(), "signal 6 (SIGABRT); its last lines: one | [31mtwo");
    }
}
