//! Ports: those of the task, strings and bytevectors as ports, and the port whose text goes to the log.

use std::{
    cell::{Cell, RefCell},
    fmt::{self, Write},
    rc::Rc,
};

use bytes::Bytes;
use steel::{SteelVal, rvals::Custom};

use super::{
    arguments::{VALUE_BYTES, byte, character, check_length, index, string, truth, wrong},
    bytes::{edit, make, part},
    custom::{is, look, wrap},
    equality::identical,
    strings::{slice, text},
    table::{MakeVector, Native},
};
use crate::{
    engine::{
        convert::{Import, export, import},
        fault::{Fault, Outcome},
        session::Session,
        task_ports::{TaskPorts, closed, failed},
    },
    port::{InputQueue, PortError, Segment, Step},
    value::Value,
};

/// A port.
pub(in crate::engine) enum Port {
    TaskInput(Rc<TaskPorts>),
    TaskOutput(Rc<TaskPorts>),
    /// A string or bytevector to be read; `None` once closed.
    Input {
        content: RefCell<Option<InputQueue>>,
        kind: Kind,
    },
    /// What has been written to a string or bytevector.
    Output {
        content: RefCell<Vec<u8>>,
        open: RefCell<bool>,
        kind: Kind,
    },
    /// The log.
    Print,
}

impl Custom for Port {}

/// What a port of no task carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Kind {
    Text,
    Bytes,
}

/// The object that reads return at the end of a port.
#[derive(Debug)]
pub(in crate::engine) struct Eof;

impl Custom for Eof {}

/// A string port holds no more than this.
const CONTENT_BYTES_MAX: usize = 1 << 28;

pub(in crate::engine) const NATIVES: &[Native] = natives![
    "port?" (1) => |args| truth(is::<Port>(&args[0])),
    "input-port?" (1) => |args| port_test(args, |port| port.is_input()),
    "output-port?" (1) => |args| port_test(args, |port| !port.is_input()),
    "textual-port?" (1) => |args| port_test(args, |port| port.kind() != Some(Kind::Bytes)),
    "binary-port?" (1) => |args| port_test(args, |port| !matches!(port, Port::Print) && port.kind() != Some(Kind::Text)),
    "input-port-open?" (1) => |args| truth(look(args, 0, PORT, |port: &Port| port.is_input() && port.is_open())?),
    "output-port-open?" (1) => |args| truth(look(args, 0, PORT, |port: &Port| !port.is_input() && port.is_open())?),
    "close-port" (1) => |args| close(args, |_| true),
    "close-input-port" (1) => |args| close(args, Port::is_input),
    "close-output-port" (1) => |args| close(args, |port| !port.is_input()),
    "open-input-string" (1) => |args| Ok(input_port(string(args, 0)?.as_bytes().to_vec(), Kind::Text)),
    "open-input-bytevector" (1) => |args| Ok(input_port(part(args, 0, 1)?, Kind::Bytes)),
    "open-output-string" (0) => |_| Ok(output_port(Kind::Text)),
    "open-output-bytevector" (0) => |_| Ok(output_port(Kind::Bytes)),
    "get-output-string" (1) bulky => |args| {
        let written = written(args, Kind::Text)?;
        String::from_utf8(written).map_or_else(|_| Err(failed(PortError::NotUtf8)), text)
    },
    "get-output-bytevector" (1) bulky => |args| Ok(make(written(args, Kind::Bytes)?)),
    "eof-object" (0) => |_| Ok(wrap(Eof)),
    "eof-object?" (1) => |args| truth(is::<Eof>(&args[0])),
    "read-char" (0, 1) => |args| read(args, 0, InputQueue::read_char, SteelVal::CharV),
    "peek-char" (0, 1) => |args| read(args, 0, InputQueue::peek_char, SteelVal::CharV),
    "read-line" (0, 1) => |args| read(args, 0, InputQueue::read_line, |line| SteelVal::StringV(line.into())),
    "read-string" (1, 2) bulky => |args| {
        let count = index(args, 0)?;
        read(args, 1, |queue| queue.read_string(count), |text| SteelVal::StringV(text.into()))
    },
    "char-ready?" (0, 1) => |args| ready(args, InputQueue::is_char_ready),
    "read-u8" (0, 1) => |args| read(args, 0, |queue| Ok(queue.read_u8()), |byte| SteelVal::IntV(byte.into())),
    "peek-u8" (0, 1) => |args| read(args, 0, |queue| Ok(queue.peek_u8()), |byte| SteelVal::IntV(byte.into())),
    "u8-ready?" (0, 1) => |args| ready(args, InputQueue::is_u8_ready),
    "read-bytevector" (1, 2) bulky => |args| {
        let count = index(args, 0)?;
        read(args, 1, |queue| queue.read_bytes(count), |bytes| make(bytes.to_vec()))
    },
    "read-bytevector!" (1, 4) => read_into,
];

pub(in crate::engine) const HEAP_NATIVES: &[Native] = heap_natives![
    "read" (0, 1) => |make: &mut MakeVector<'_>, args: &[SteelVal]| {
        match with_input(args, 0, InputQueue::read_value)? {
            None => Ok(wrap(Eof)),
            Some(value) => {
                check_length(count(&value), VALUE_BYTES)?;
                import(&value, Some(make)).map_err(Import::into_fault)
            }
        }
    },
];

pub(in crate::engine) const OUTPUT_NATIVES: &[Native] = natives![
    "write" (1, 2) => write,
    "write-shared" (1, 2) => write,
    "write-simple" (1, 2) => write,
    "display" (1, 2) => |args| match &args[0] {
        SteelVal::StringV(text) => put(args, 1, text.as_bytes()),
        SteelVal::CharV(c) => put(args, 1, c.encode_utf8(&mut [0; 4]).as_bytes()),
        other => put(args, 1, printed(&export(other)?.display())?.as_bytes()),
    },
    "newline" (0, 1) => |args| put(args, 0, b"\n"),
    "write-char" (1, 2) => |args| put(args, 1, character(args, 0)?.encode_utf8(&mut [0; 4]).as_bytes()),
    "write-string" (1, 4) => |args| {
        let bounds = [&args[..1], args.get(2..).unwrap_or_default()].concat();
        put(args, 1, slice(&bounds, 0, 1)?.as_bytes())
    },
    "write-u8" (1, 2) => |args| put(args, 1, &[byte(args, 0)?]),
    "write-bytevector" (1, 4) => |args| {
        let bounds = [&args[..1], args.get(2..).unwrap_or_default()].concat();
        put(args, 1, &part(&bounds, 0, 1)?)
    },
    "flush-output-port" (0, 1) => |args| {
        with_port(args, 0, Direction::Output, |port| match port {
            Port::TaskOutput(ports) => ports.flush(),
            _ => Ok(()),
        })?;
        Ok(SteelVal::Void)
    },
];

const PORT: &str = "a port";

impl Port {
    fn is_input(&self) -> bool {
        matches!(self, Self::TaskInput(_) | Self::Input { .. })
    }

    fn is_open(&self) -> bool {
        match self {
            Self::TaskInput(ports) => ports.is_input_open(),
            Self::TaskOutput(ports) => ports.is_output_open(),
            Self::Input { content, .. } => content.borrow().is_some(),
            Self::Output { open, .. } => *open.borrow(),
            Self::Print => true,
        }
    }

    /// What the port carries, if not both.
    fn kind(&self) -> Option<Kind> {
        match self {
            Self::Input { kind, .. } | Self::Output { kind, .. } => Some(*kind),
            Self::TaskInput(_) | Self::TaskOutput(_) | Self::Print => None,
        }
    }

    fn close(&self) -> Result<(), Fault> {
        match self {
            Self::TaskInput(ports) => ports.close_input(),
            Self::TaskOutput(ports) => ports.close_output(),
            Self::Input { content, .. } => {
                content.take();
                Ok(())
            }
            Self::Output { open, .. } => {
                open.replace(false);
                Ok(())
            }
            Self::Print => Ok(()),
        }
    }

    fn write(&self, bytes: &[u8]) -> Result<(), Fault> {
        match self {
            Self::TaskOutput(ports) => ports.write(bytes),
            Self::Output { content, open, .. } => {
                if !*open.borrow() {
                    return Err(closed());
                }
                let mut content = content.borrow_mut();
                if content.len() + bytes.len() > CONTENT_BYTES_MAX {
                    return Err(Fault::limit("bytes of a string port", CONTENT_BYTES_MAX));
                }
                content.extend_from_slice(bytes);
                Ok(())
            }
            Self::Print => Session::task_ports()?.print(&String::from_utf8_lossy(bytes)),
            Self::TaskInput(_) | Self::Input { .. } => Err(Fault::misuse("the port is not an output port")),
        }
    }
}

/// The text or bytes of `content` as a port.
pub(in crate::engine) fn input_port(content: Vec<u8>, kind: Kind) -> SteelVal {
    let mut queue = InputQueue::default();
    queue.push(Segment::Bytes(Bytes::from(content)), 0);
    queue.close();
    wrap(Port::Input { content: RefCell::new(Some(queue)), kind })
}

/// The current input port of tasks, which is at its end.
pub(in crate::engine) fn no_input() -> SteelVal {
    input_port(Vec::new(), Kind::Text)
}

fn output_port(kind: Kind) -> SteelVal {
    wrap(Port::Output { content: RefCell::default(), open: RefCell::new(true), kind })
}

fn written(args: &[SteelVal], wanted: Kind) -> Result<Vec<u8>, Fault> {
    let content = look(args, 0, PORT, |port: &Port| match port {
        Port::Output { content, kind, .. } if *kind == wanted => Some(content.borrow().clone()),
        _ => None,
    })?;
    content.ok_or_else(|| match wanted {
        Kind::Text => wrong(args, 0, "a port made by open-output-string"),
        Kind::Bytes => wrong(args, 0, "a port made by open-output-bytevector"),
    })
}

fn port_test(args: &[SteelVal], test: impl Fn(&Port) -> bool) -> Outcome {
    truth(super::custom::with(&args[0], test).unwrap_or(false))
}

fn close(args: &[SteelVal], applies: impl Fn(&Port) -> bool) -> Outcome {
    look(args, 0, PORT, |port: &Port| {
        if applies(port) { port.close() } else { Err(Fault::misuse("the port is of the other direction")) }
    })??;
    Ok(SteelVal::Void)
}

#[derive(Clone, Copy)]
enum Direction {
    Input,
    Output,
}

/// Calls `act` with the port at `position`, or with the current one.
fn with_port<T>(
    args: &[SteelVal],
    position: usize,
    direction: Direction,
    act: impl FnOnce(&Port) -> Result<T, Fault>,
) -> Result<T, Fault> {
    if args.len() > position {
        return look(args, position, PORT, act)?;
    }
    let session = Session::current()?;
    match (current(&session, direction), direction) {
        (Some(port), _) => look(&[port], 0, PORT, act)?,
        (None, Direction::Output) => act(&Port::Print),
        (None, Direction::Input) => act(&Port::Input { content: RefCell::new(Some(ended())), kind: Kind::Text }),
    }
}

/// The current port, if a template has asked for it: what is bound to its parameter, or else what that holds.
fn current(session: &Session, direction: Direction) -> Option<SteelVal> {
    let cell = match direction {
        Direction::Input => session.input.borrow().clone(),
        Direction::Output => session.output.borrow().clone(),
    }?;
    let bindings = session.bindings.borrow().as_ref().and_then(SteelVal::as_box_to_inner);
    let bound = match &bindings {
        Some(SteelVal::ListV(bindings)) => bindings.iter().find_map(|binding| match binding {
            SteelVal::Pair(binding) if identical(binding.car_ref(), &cell) => Some(binding.cdr()),
            _ => None,
        }),
        _ => None,
    };
    bound.or_else(|| cell.as_box_to_inner())
}

/// A queue that is at its end.
fn ended() -> InputQueue {
    let mut queue = InputQueue::default();
    queue.close();
    queue
}

/// Reads by `step` from the port at `position`, or from the current one; `None` at the end.
fn with_input<T>(
    args: &[SteelVal],
    position: usize,
    mut step: impl FnMut(&mut InputQueue) -> Result<Step<Option<T>>, PortError>,
) -> Result<Option<T>, Fault> {
    with_port(args, position, Direction::Input, |port| match port {
        Port::TaskInput(ports) => ports.read(&mut step),
        Port::Input { content, .. } => {
            let mut content = content.borrow_mut();
            match step(content.as_mut().ok_or_else(closed)?).map_err(failed)? {
                Step::Ready(read) => Ok(read),
                // All that there is has arrived.
                Step::NeedsMore => Ok(None),
            }
        }
        _ => Err(Fault::misuse("the port is not an input port")),
    })
}

fn read<T>(
    args: &[SteelVal],
    position: usize,
    step: impl FnMut(&mut InputQueue) -> Result<Step<Option<T>>, PortError>,
    present: impl FnOnce(T) -> SteelVal,
) -> Outcome {
    Ok(with_input(args, position, step)?.map_or_else(|| wrap(Eof), present))
}

fn ready(args: &[SteelVal], test: fn(&mut InputQueue) -> bool) -> Outcome {
    truth(with_port(args, 0, Direction::Input, |port| match port {
        Port::TaskInput(ports) => ports.is_ready(test),
        Port::Input { content, .. } if content.borrow().is_some() => Ok(true),
        Port::Input { .. } => Err(closed()),
        _ => Err(Fault::misuse("the port is not an input port")),
    })?)
}

/// `(read-bytevector! bytevector [port [start [end]]])`
fn read_into(args: &[SteelVal]) -> Outcome {
    let bounds = [&args[..1], args.get(2..).unwrap_or_default()].concat();
    let room = part(&bounds, 0, 1)?.len();
    let start = if args.len() > 2 { index(args, 2)? } else { 0 };
    let bytes = with_input(args, 1, |queue| queue.read_bytes(room))?;
    let Some(bytes) = bytes else { return Ok(wrap(Eof)) };
    edit(args, 0, |target| {
        // The bounds were checked above, and nobody has changed a length since: bytevectors do not.
        if let Some(target) = target.get_mut(start..start + bytes.len()) {
            target.copy_from_slice(&bytes);
        }
        Ok(())
    })?;
    Ok(SteelVal::IntV(isize::try_from(bytes.len()).unwrap_or(isize::MAX)))
}

fn put(args: &[SteelVal], position: usize, bytes: &[u8]) -> Outcome {
    with_port(args, position, Direction::Output, |port| port.write(bytes))?;
    Ok(SteelVal::Void)
}

/// The text of what may be long, and take long: numbers do.
fn printed(content: &dyn fmt::Display) -> Result<String, Fault> {
    let mut printer = Printer { text: String::new(), fault: None };
    let is_printed = write!(printer, "{content}").is_ok();
    match printer.fault {
        Some(fault) => Err(fault),
        None if is_printed => Ok(printer.text),
        None => Err(Fault::misuse("the value has no text")),
    }
}

/// Text that stops where the task is cancelled, or where there is no room for more.
struct Printer {
    text: String,
    fault: Option<Fault>,
}

/// Pieces as long as this are texts of numbers, perhaps: each took its time.
const PIECE_BYTES_LONG: usize = 1_024;

impl Printer {
    fn check(&self, piece: &str) -> Result<(), Fault> {
        if piece.len() < PIECE_BYTES_LONG {
            return Session::work(1);
        }
        check_length(self.text.len() + piece.len(), 1)?;
        if Session::current()?.is_cancelled() { Err(Fault::Interrupted) } else { Ok(()) }
    }
}

impl Write for Printer {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        if let Err(fault) = self.check(piece) {
            self.fault = Some(fault);
            return Err(fmt::Error);
        }
        self.text.push_str(piece);
        Ok(())
    }
}

/// A datum to a task's port, its text to any other.
fn write(args: &[SteelVal]) -> Outcome {
    let value = export(&args[0])?;
    with_port(args, 1, Direction::Output, |port| match port {
        Port::TaskOutput(_) if contains_opaque(&value) => Err(does_not_travel(&value)),
        Port::TaskOutput(ports) => ports.write_datum(value),
        port => port.write(printed(&value)?.as_bytes()),
    })?;
    Ok(SteelVal::Void)
}

/// How many parts `value` has.
fn count(value: &Value) -> usize {
    let parts = Cell::new(0);
    value.any(&|_| {
        parts.set(parts.get() + 1);
        false
    });
    parts.get()
}

/// Whether the encoder would refuse `value`.
fn contains_opaque(value: &Value) -> bool {
    match value {
        Value::Opaque(_) => true,
        Value::List(items) | Value::Vector(items) => items.iter().any(contains_opaque),
        Value::Dotted(items, tail) => items.iter().any(contains_opaque) || contains_opaque(tail),
        Value::Map(entries) => entries.iter().any(|(key, value)| contains_opaque(key) || contains_opaque(value)),
        _ => false,
    }
}

fn does_not_travel(value: &Value) -> Fault {
    Fault::misuse(format!("{} does not travel", value.display()))
}
