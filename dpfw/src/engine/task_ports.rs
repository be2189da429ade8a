//! [`TaskPorts`], the ends of a task's ports that are on the evaluator's side, over [`Ports`], whatever carries them.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use bytes::Bytes;

use super::{
    fault::{Fault, Limit},
    session::Session,
};
use crate::{
    port::{InputQueue, OutputBuffer, PortError, Segment, Step},
    value::Value,
};

/// The task was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interrupted;

/// Why a segment was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// The task was cancelled.
    Interrupted,
    /// The master accepts no datum of so many bytes.
    TooLong { length_max: usize },
    /// No datum may have so many parts, or numbers as long as this one has.
    Limit(Limit),
}

impl From<Interrupted> for Unsent {
    fn from(Interrupted: Interrupted) -> Self {
        Self::Interrupted
    }
}

/// What carries a task's ports. Called on the evaluator's thread, which `receive` and `send` may block.
pub(crate) trait Ports {
    /// The next segment, with the weight that [`Ports::consumed`] gives back; `None` when the master has closed its end.
    ///
    /// # Errors
    /// [`Interrupted`] if the task was cancelled.
    fn receive(&mut self) -> Result<Option<(Segment, u64)>, Interrupted>;

    /// A segment that is here already.
    fn poll_receive(&mut self) -> Option<(Segment, u64)>;

    /// Sends a segment, or keeps it until there is more to send.
    ///
    /// # Errors
    /// [`Unsent`], and nothing of it was sent.
    fn send(&mut self, segment: Segment) -> Result<(), Unsent>;

    /// Sends what was kept.
    ///
    /// # Errors
    /// [`Interrupted`] if the task was cancelled.
    fn flush(&mut self) -> Result<(), Interrupted>;

    /// Says that segments of so much weight were read.
    fn consumed(&mut self, weight: u64);

    /// Takes a piece of what the task prints on its current output port, mostly a line.
    fn print(&mut self, text: &str);
}

/// What is printed goes out line by line, and lines longer than this in pieces.
const PRINTED_BYTES_MAX: usize = 16 * 1024;

/// A task's two ports.
pub(super) struct TaskPorts {
    carrier: RefCell<Option<Rc<RefCell<dyn Ports>>>>,
    input: RefCell<InputQueue>,
    output: RefCell<OutputBuffer>,
    printed: RefCell<String>,
    input_open: Cell<bool>,
    output_open: Cell<bool>,
}

impl TaskPorts {
    pub(super) fn new(carrier: Rc<RefCell<dyn Ports>>) -> Rc<Self> {
        Rc::new(Self {
            carrier: RefCell::new(Some(carrier)),
            input: RefCell::default(),
            output: RefCell::default(),
            printed: RefCell::default(),
            input_open: Cell::new(true),
            output_open: Cell::new(true),
        })
    }

    /// Makes these the ports of the next task. Nobody else may have them.
    pub(super) fn renew(&self, carrier: Rc<RefCell<dyn Ports>>) {
        self.carrier.replace(Some(carrier));
        drop((self.input.take(), self.output.take(), self.printed.take()));
        self.input_open.set(true);
        self.output_open.set(true);
    }

    pub(super) fn is_input_open(&self) -> bool {
        self.input_open.get()
    }

    pub(super) fn is_output_open(&self) -> bool {
        self.output_open.get()
    }

    /// Reads by `step`, waiting for as much as it needs.
    pub(super) fn read<T>(
        &self,
        mut step: impl FnMut(&mut InputQueue) -> Result<Step<T>, PortError>,
    ) -> Result<T, Fault> {
        if !self.input_open.get() {
            return Err(closed());
        }
        // Whoever waits for an answer wants the question sent.
        self.send_text()?;
        loop {
            let mut input = self.input.borrow_mut();
            let result = step(&mut input);
            let consumed = input.take_consumed();
            drop(input);
            if consumed > 0 {
                self.with_carrier(|carrier| carrier.consumed(consumed))?;
            }
            match result.map_err(failed)? {
                Step::Ready(read) => return Ok(read),
                Step::NeedsMore => match self.with_carrier(|carrier| carrier.receive())? {
                    Ok(Some((segment, weight))) => self.input.borrow_mut().push(segment, weight),
                    Ok(None) => self.input.borrow_mut().close(),
                    Err(Interrupted) => return Err(Session::current()?.cancel()),
                },
            }
        }
    }

    /// Whether a read would not wait, by `test`.
    pub(super) fn is_ready(&self, test: impl Fn(&mut InputQueue) -> bool) -> Result<bool, Fault> {
        if !self.input_open.get() {
            return Err(closed());
        }
        loop {
            if test(&mut self.input.borrow_mut()) {
                return Ok(true);
            }
            match self.with_carrier(|carrier| carrier.poll_receive())? {
                Some((segment, weight)) => self.input.borrow_mut().push(segment, weight),
                None => return Ok(false),
            }
        }
    }

    /// Writes text or bytes.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<(), Fault> {
        if !self.output_open.get() {
            return Err(closed());
        }
        if self.carrier.borrow().is_none() {
            return Err(over());
        }
        let full = self.output.borrow_mut().write(bytes);
        full.map_or(Ok(()), |bytes| self.send(Segment::Bytes(bytes)))
    }

    /// Writes a datum.
    pub(super) fn write_datum(&self, value: Value) -> Result<(), Fault> {
        if !self.output_open.get() {
            return Err(closed());
        }
        self.send_text()?;
        self.send(Segment::Datum(value))
    }

    /// Sends all that was written.
    pub(super) fn flush(&self) -> Result<(), Fault> {
        self.send_text()?;
        self.with_carrier(|carrier| carrier.flush())?.or_else(|Interrupted| Err(Session::current()?.cancel()))
    }

    pub(super) fn close_input(&self) -> Result<(), Fault> {
        if self.input_open.replace(false) {
            let mut input = self.input.borrow_mut();
            input.discard();
            let consumed = input.take_consumed();
            drop(input);
            self.with_carrier(|carrier| carrier.consumed(consumed))?;
        }
        Ok(())
    }

    pub(super) fn close_output(&self) -> Result<(), Fault> {
        if self.output_open.get() {
            self.flush()?;
            self.output_open.set(false);
        }
        Ok(())
    }

    /// Prints for the log.
    pub(super) fn print(&self, text: &str) -> Result<(), Fault> {
        let mut printed = self.printed.borrow_mut();
        printed.push_str(text);
        let whole =
            if printed.len() > PRINTED_BYTES_MAX { printed.len() } else { printed.rfind('\n').map_or(0, |at| at + 1) };
        if whole > 0 {
            let rest = printed.split_off(whole);
            let lines = std::mem::replace(&mut *printed, rest);
            self.with_carrier(|carrier| carrier.print(&lines))?;
        }
        Ok(())
    }

    /// Ends the ports with their task: sends the last text, and refuses what programs that kept a port do with it later.
    pub(super) fn finish(&self) {
        if let Some(carrier) = self.carrier.take() {
            // What was not read is nobody's any more, and may be much.
            drop(self.input.take());
            // Whoever has the carrier elsewhere on the stack panicked, and what is left here is lost with the task.
            let Ok(mut carrier) = carrier.try_borrow_mut() else { return };
            let printed = self.printed.take();
            if !printed.is_empty() {
                carrier.print(&printed);
            }
            if let Some(text) = self.output.borrow_mut().take() {
                // A task that is over has nobody to tell that it was cancelled.
                let _ = carrier.send(Segment::Bytes(text));
            }
        }
    }

    fn send_text(&self) -> Result<(), Fault> {
        let text: Option<Bytes> = self.output.borrow_mut().take();
        text.map_or(Ok(()), |text| self.send(Segment::Bytes(text)))
    }

    fn send(&self, segment: Segment) -> Result<(), Fault> {
        match self.with_carrier(|carrier| carrier.send(segment))? {
            Ok(()) => Ok(()),
            Err(Unsent::Interrupted) => Err(Session::current()?.cancel()),
            Err(Unsent::TooLong { length_max }) => {
                Err(Fault::limit("bytes of a datum that the master accepts", length_max))
            }
            Err(Unsent::Limit(limit)) => Err(Fault::Limit(limit)),
        }
    }

    fn with_carrier<T>(&self, act: impl FnOnce(&mut dyn Ports) -> T) -> Result<T, Fault> {
        let carrier = self.carrier.borrow().clone();
        let carrier = carrier.ok_or_else(over)?;
        Ok(act(&mut *carrier.borrow_mut()))
    }
}

/// The fault of a port that was kept beyond its task.
fn over() -> Fault {
    Fault::Port("the task of the port is over".to_owned())
}

/// The fault of a port that the program closed.
pub(super) fn closed() -> Fault {
    Fault::Port(PortError::Closed.to_string())
}

/// The fault for an error of a port.
pub(super) fn failed(error: PortError) -> Fault {
    match error {
        PortError::Malformed { .. } => Fault::Malformed(error.to_string()),
        error => Fault::Port(error.to_string()),
    }
}
