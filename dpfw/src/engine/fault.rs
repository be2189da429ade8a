//! [`Fault`], why a native procedure did not return, and how it travels through Steel.
//!
//! Steel's errors are a kind and a text. A raised value cannot ride in one, so it waits beside: [`throw`] parks it and
//! returns an error with a mark, and whoever catches that error ([`caught`]) takes it back. Nothing is evaluated
//! between the two, so at most one value is parked.

use std::{cell::RefCell, fmt};

use dpfw_syntax::{Number, vocabulary};
use steel::{SteelErr, SteelVal, parser::span::Span, rerrs::ErrorKind, rvals::Custom};

use super::{
    held::Held,
    natives::{with, wrap},
};
use crate::value::ValueLimit;

/// What a native procedure returns.
pub(super) type Outcome = Result<SteelVal, Fault>;

/// Why a native procedure did not return.
#[derive(Debug)]
pub(super) enum Fault {
    /// An argument is of the wrong type; `argument` counts from 1.
    WrongType { argument: usize, expected: &'static str, found: String },
    /// Something else that the program did wrong, in words.
    Misuse(String),
    /// A limit was passed.
    Limit(Limit),
    /// Text that is not a datum, from `read`.
    Malformed(String),
    /// A port failed.
    Port(String),
    /// The program raised this value.
    Raised(SteelVal),
    /// A handler passes on this value, which it caught.
    Rethrown(SteelVal),
    /// The task was cancelled while it waited.
    Interrupted,
    /// A native that this one called failed.
    Native(SteelErr),
}

/// A limit that was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    /// What there may be so much of, and no more.
    pub(crate) which: &'static str,
    pub(crate) max: u64,
}

impl From<ValueLimit> for Limit {
    fn from(ValueLimit { which, max }: ValueLimit) -> Self {
        Self { which, max: max as u64 }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "more than {} {}", self.max, self.which)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongType { argument, expected, found } => {
                write!(f, "argument {argument} must be {expected}, not {found}")
            }
            Self::Misuse(message) | Self::Malformed(message) | Self::Port(message) => f.write_str(message),
            Self::Limit(limit) => fmt::Display::fmt(limit, f),
            Self::Raised(_) | Self::Rethrown(_) => f.write_str(RAISED),
            Self::Interrupted => f.write_str(INTERRUPTED),
            Self::Native(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl Fault {
    /// A misuse, in words.
    pub(super) fn misuse(message: impl Into<String>) -> Self {
        Self::Misuse(message.into())
    }

    /// There may be so much of `which`, and no more.
    pub(super) fn limit(which: &'static str, max: usize) -> Self {
        Self::Limit(Limit { which, max: max as u64 })
    }

    /// Steel's error for this fault of the procedure called `name`.
    pub(super) fn into_error(self, name: &str) -> SteelErr {
        // The special procedure for some number of arguments is the public one to whoever called it. What only the
        // expander can name has no name for anybody else.
        let public = name.trim_start_matches('%');
        let is_known = public == name || vocabulary::procedure(public).is_some();
        let text = if is_known { format!("{public}: {self}") } else { self.to_string() };
        let kind = match self {
            Self::Raised(value) => return throw(value),
            Self::Rethrown(value) => return rethrow(value),
            Self::Native(error) => return error,
            Self::Interrupted => return SteelErr::new(ErrorKind::Generic, INTERRUPTED.to_owned()),
            Self::WrongType { .. } => ErrorKind::TypeMismatch,
            Self::Misuse(_) => ErrorKind::Generic,
            Self::Limit(limit) => return throw(Condition::new(ConditionKind::Limit(limit), text).into_value()),
            Self::Malformed(_) => MALFORMED,
            Self::Port(_) => PORT,
        };
        SteelErr::new(kind, text)
    }
}

// Steel's kinds that our own errors use to be told apart; Steel itself gives them only while compiling.
const MALFORMED: ErrorKind = ErrorKind::Parse;
const PORT: ErrorKind = ErrorKind::Io;

/// Steel's words for a recursion that is too deep, and what is too deep for it.
const OVERFLOWED: &str = "stack overflowed!";
const RECURSION: Limit = Limit { which: "calls within calls", max: 10_000_000 };

const RAISED: &str = "a value was raised";
const INTERRUPTED: &str = "the task was cancelled";

/// What kind of condition an error object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConditionKind {
    /// Made by `error`, or by a procedure that was misused.
    Error,
    /// A limit was passed.
    Limit(Limit),
    /// `read` met text that is not a datum.
    Read,
    /// A port failed.
    Port,
}

/// An error object: what `error` makes, and what a failing procedure raises.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) kind: ConditionKind,
    pub(super) message: Held,
    /// A list.
    pub(super) irritants: Held,
}

impl Custom for Condition {}

impl Condition {
    /// An error object with a text for its message.
    pub(super) fn new(kind: ConditionKind, message: String) -> Self {
        let irritants = Held::new(SteelVal::ListV(Default::default()));
        Self { kind, message: Held::new(SteelVal::StringV(message.into())), irritants }
    }

    /// The value that programs see.
    pub(super) fn into_value(self) -> SteelVal {
        wrap(self)
    }

    /// Calls `look` if `value` is an error object.
    pub(super) fn with<T>(value: &SteelVal, look: impl FnOnce(&Self) -> T) -> Option<T> {
        with(value, look)
    }
}

/// Where an error was signalled: the places of the calls that led there, innermost first.
#[derive(Debug, Clone, Default)]
pub(super) struct Origin(pub(super) Vec<Span>);

/// An origin remembers no more calls than this.
const CALLS_MAX: usize = 64;

impl Origin {
    fn of(error: &SteelErr) -> Self {
        let calls = error.stack_trace().iter().flat_map(|trace| trace.trace().iter().rev());
        let calls = calls.filter_map(|call| *call.span());
        Self(error.span().into_iter().chain(calls).take(CALLS_MAX).collect())
    }
}

/// A raised value on its way.
#[derive(Debug)]
struct Parked {
    value: Held,
    /// Set when a handler passes on what it caught.
    origin: Option<Origin>,
}

thread_local! {
    static PARKED: RefCell<Option<Parked>> = const { RefCell::new(None) };
    /// Where what was caught last came from, for the handler that passes it on.
    static LAST: RefCell<Option<Origin>> = const { RefCell::new(None) };
}

/// Parks `value` and returns the error that stands for it.
pub(super) fn throw(value: SteelVal) -> SteelErr {
    park(Parked { value: Held::new(value), origin: None })
}

/// The same for a value that was caught: it still comes from where it came from.
pub(super) fn rethrow(value: SteelVal) -> SteelErr {
    let origin = LAST.with(|last| last.borrow().clone());
    park(Parked { value: Held::new(value), origin })
}

fn park(parked: Parked) -> SteelErr {
    PARKED.with(|place| *place.borrow_mut() = Some(parked));
    SteelErr::new(ErrorKind::Generic, RAISED.to_owned())
}

/// The value that an error of Steel's stands for, and where it came from; `None` if it is an interrupt.
pub(super) fn caught(error: &SteelErr) -> Option<(SteelVal, Origin)> {
    let text = error.to_string();
    // Steel prints the kind before every message.
    let message = text.splitn(3, ": ").nth(2).unwrap_or(&text);
    if message == RAISED
        && let Some(parked) = PARKED.with(|parked| parked.borrow_mut().take())
    {
        let origin = parked.origin.unwrap_or_else(|| Origin::of(error));
        return Some((parked.value.value().clone(), origin));
    }
    if is_interrupt(message) {
        return None;
    }
    let kind = match error.kind() {
        MALFORMED => ConditionKind::Read,
        PORT => ConditionKind::Port,
        ErrorKind::Generic if message.ends_with(OVERFLOWED) => ConditionKind::Limit(RECURSION),
        _ => ConditionKind::Error,
    };
    Some((Condition::new(kind, reworded(message)).into_value(), Origin::of(error)))
}

/// Remembers where what a handler caught came from.
pub(super) fn remember(origin: Origin) {
    LAST.with(|last| *last.borrow_mut() = Some(origin));
}

fn is_interrupt(message: &str) -> bool {
    message == INTERRUPTED || (message.starts_with("Thread: ") && message.ends_with("Interrupted by user"))
}

/// Steel's own words for the commonest mistakes, in ours.
fn reworded(message: &str) -> String {
    // Steel puts all of the values into its messages.
    const SHOWN_CHARS_MAX: usize = 300;
    let (message, is_cut) = match message.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => (&message[..end], true),
        _ => (message, false),
    };
    let cut = if is_cut { "…" } else { "" };
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ") + cut;
    // Ours begin with the name of a procedure and a colon, so that no program can say these.
    for (words, ours) in WORDS {
        if let Some(found) = message.strip_prefix(words) {
            return format!("{ours}{}", in_our_words(found));
        }
    }
    if let Some(found) = message.strip_prefix(NOT_SUBTRACTED) {
        if Number::parse(found, 10).is_some_and(|number| !number.is_real()) {
            return format!(
                "-: a constant is not taken from a variable that holds {found}, which is complex: add its negative"
            );
        }
        return format!("-: argument 1 must be a number, not {}", in_our_words(found));
    }
    if let Some(said) = message.strip_prefix("tco: ").unwrap_or(&message).strip_prefix("function expected ")
        && let Some((expected, found)) = said.split_once(" arguments, found ")
    {
        let plural = if expected.trim_start_matches("at least ") == "1" { "" } else { "s" };
        return format!("a procedure takes {expected} argument{plural}, not {found}");
    }
    if message.ends_with(OVERFLOWED) {
        return RECURSION.to_string();
    }
    message
}

/// How Steel's message begins where its instruction that takes a constant from a variable met what it does not know.
const NOT_SUBTRACTED: &str = "sub expected a number, found: ";

/// How Steel's messages begin that end with the value that is wrong, and how ours do.
const WORDS: [(&str, &str); 5] = [
    ("application not a procedure: ", "not a procedure: "),
    ("Function application not a procedure or function type not supported: ", "not a procedure: "),
    ("TailCall - Application not a procedure or function type not supported: ", "not a procedure: "),
    ("+ expects a number, found: ", "+: argument 1 must be a number, not "),
    ("apply expects a list, found: ", "apply: the last argument must be a list, not "),
];

/// What Steel has printed of a value, if that is as we print it; else what kind of value it is.
fn in_our_words(text: &str) -> String {
    const PATH: &str = "#<dpfw::engine::natives::";
    // As Steel quotes it in some messages.
    let text = text.strip_prefix('\'').unwrap_or(text);
    // A list or a vector may hold anything, and Steel's vectors, boxes and procedures are not all a program's.
    let is_plain = !text.contains(['#', '"', '…']);
    match text {
        "#true" => "#t".to_owned(),
        "#false" => "#f".to_owned(),
        "#<void>" => "void".to_owned(),
        _ if text.starts_with("#(#<dpfw::engine::natives::records::") => "a record".to_owned(),
        _ if text.starts_with("#(") => "a vector".to_owned(),
        _ if text.starts_with("#&") => "another object".to_owned(),
        _ if text.starts_with('(') && !is_plain => "a list".to_owned(),
        _ if text.starts_with(PATH) => match text.trim_end_matches('>').rsplit("::").next() {
            Some("HashTable") => "a hash table",
            Some("ByteVector") => "a bytevector",
            Some("F64Vector") => "an f64vector",
            Some("Port") => "a port",
            Some("Eof") => "the end of a port",
            _ => "another object",
        }
        .to_owned(),
        _ if text.starts_with("#<") => "a procedure".to_owned(),
        _ => text.to_owned(),
    }
}

/// Forgets what is parked and remembered: the evaluation is over.
pub(super) fn forget() {
    // A thread that is ending has nothing left to forget.
    let _ = PARKED.try_with(|parked| parked.borrow_mut().take());
    let _ = LAST.try_with(|last| last.borrow_mut().take());
}
