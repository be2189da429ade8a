//! What has arrived on a port and has not been read.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use dpfw_syntax::{Datum, ReadError, ReadLimits, line_column, read_first};

use super::{
    PortError, Segment, TEXT_BYTES_MAX,
    queued::{Content, Queued},
    scanner::{Scanner, Seen},
};
use crate::value::Value;

/// Data, and pieces between them, in which a read of text may look for its end: each takes some room, however short its text
/// is.
const SEGMENTS_MAX: usize = TEXT_BYTES_MAX / 64;

/// The readable end of a port: segments go in, and come out as whatever the reader asks for.
///
/// Reads never wait. A read that lacks something says [`Step::NeedsMore`] and is to be repeated when more has arrived;
/// it goes on where it stopped. `None` is the end of the port.
#[derive(Debug, Default)]
pub(crate) struct InputQueue {
    segments: VecDeque<Queued>,
    closed: bool,
    discarding: bool,
    /// Weight of what has left since it was last asked for.
    consumed: u64,
    progress: Option<Progress>,
    /// Where the text of the first segment is among all text of the port, for messages.
    place: Place,
}

/// What a read has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step<T> {
    Ready(T),
    NeedsMore,
}

/// How far an unfinished read has looked. The segments stay where they are until it is done.
#[derive(Debug)]
struct Progress {
    goal: Goal,
    at: Cursor,
}

#[derive(Debug, Default)]
struct Cursor {
    segment: usize,
    /// Bytes of that segment.
    offset: usize,
    /// Bytes in all.
    bytes: usize,
}

#[derive(Debug)]
enum Goal {
    Line,
    Chars(CharCount),
    Datum(Scanner),
}

/// Line and column from 0.
#[derive(Debug, Default, Clone, Copy)]
struct Place {
    line: u32,
    column: u32,
}

impl InputQueue {
    /// Takes in what arrived. `weight` is what the sender is owed once it has been read, such as its bytes on the wire.
    pub(crate) fn push(&mut self, segment: Segment, weight: u64) {
        if self.discarding {
            self.consumed += weight;
            return;
        }
        if let Segment::Bytes(bytes) = &segment
            && let Some(last) = self.segments.back_mut()
            && last.gather(bytes, weight)
        {
            return;
        }
        self.segments.push_back(Queued::new(segment, weight));
    }

    /// Nothing more will arrive.
    pub(crate) fn close(&mut self) {
        self.closed = true;
    }

    /// Nobody will read any more: what is here and what still arrives counts as read.
    pub(crate) fn discard(&mut self) {
        self.discarding = true;
        self.drop_all();
    }

    /// Drops what is here: it counts as read.
    fn drop_all(&mut self) {
        self.progress = None;
        self.consumed += self.segments.drain(..).map(|queued| queued.weight).sum::<u64>();
    }

    /// Weight of what has been read, or is being gathered for a read, since this was last asked.
    pub(crate) fn take_consumed(&mut self) -> u64 {
        std::mem::take(&mut self.consumed)
    }

    /// The next datum.
    ///
    /// # Errors
    ///
    /// [`PortError::Malformed`], [`PortError::NotUtf8`], [`PortError::TooLong`], all for text only.
    pub(crate) fn read_value(&mut self) -> Result<Step<Option<Value>>, PortError> {
        loop {
            if let Some(step) = self.read_value_or_comments()? {
                return Ok(step);
            }
        }
    }

    /// As [`InputQueue::read_value`]; `None` if there were comments up to something, and are no longer.
    fn read_value_or_comments(&mut self) -> Result<Option<Step<Option<Value>>>, PortError> {
        let mut progress = self.resume(|goal| matches!(goal, Goal::Datum(_)), || Goal::Datum(Scanner::default()));
        let Goal::Datum(scanner) = &mut progress.goal else { unreachable!("resumed with this goal") };
        while let Some(queued) = self.segments.get_mut(progress.at.segment) {
            if progress.at.offset == 0 && matches!(queued.content, Content::Datum { .. }) {
                match scanner.boundary() {
                    Seen::Ready(_) => return self.parse(progress.at.bytes),
                    Seen::Blank => return Ok(Some(Step::Ready(self.take_datum(progress.at.bytes)))),
                    Seen::Open => {}
                }
            }
            let chunk = queued.text();
            let unseen = chunk.len() - progress.at.offset;
            if let Seen::Ready(seen) = scanner.feed(&chunk[progress.at.offset..]) {
                return self.parse(progress.at.bytes + seen);
            }
            progress.at.advance(unseen);
            if queued.is_of_datum() && matches!(scanner.boundary(), Seen::Ready(_)) {
                return self.parse(progress.at.bytes);
            }
            if progress.at.bytes > TEXT_BYTES_MAX {
                return self.give_up(progress.at.bytes, TEXT_BYTES_MAX);
            }
            if !progress.at.next_segment(&self.segments) {
                break;
            }
        }
        if !self.closed {
            return Ok(Some(self.wait(Some(progress))));
        }
        match scanner.boundary() {
            Seen::Ready(_) => self.parse(progress.at.bytes),
            Seen::Blank => {
                self.drop_text(usize::MAX);
                Ok(Some(Step::Ready(None)))
            }
            Seen::Open => self.parse_unfinished(progress.at.bytes).map(Some),
        }
    }

    /// The text up to the end of the line, which is taken off and not returned: a line feed, a return, or one after the
    /// other.
    ///
    /// # Errors
    ///
    /// [`PortError::NotUtf8`] or [`PortError::TooLong`].
    pub(crate) fn read_line(&mut self) -> Result<Step<Option<String>>, PortError> {
        let mut progress = self.resume(|goal| matches!(goal, Goal::Line), || Goal::Line);
        while let Some(queued) = self.segments.get_mut(progress.at.segment) {
            let unseen = &queued.text()[progress.at.offset..];
            if let Some(end) = unseen.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
                let is_return = unseen[end] == b'\r';
                progress.at.advance(end);
                let length = match self.byte_after(&progress.at) {
                    Some(b'\n') if is_return => 2,
                    None if is_return && !self.closed => return Ok(self.wait(Some(progress))),
                    _ => 1,
                };
                let mut line = self.take_text(progress.at.bytes + length)?;
                line.truncate(progress.at.bytes);
                return Ok(Step::Ready(Some(line)));
            }
            progress.at.advance(unseen.len());
            if progress.at.bytes > TEXT_BYTES_MAX {
                return self.give_up(progress.at.bytes, TEXT_BYTES_MAX);
            }
            if !progress.at.next_segment(&self.segments) {
                break;
            }
        }
        if !self.closed {
            return Ok(self.wait(Some(progress)));
        }
        self.take_last_text(progress.at.bytes)
    }

    /// The byte after the one at `cursor`.
    fn byte_after(&mut self, cursor: &Cursor) -> Option<u8> {
        let mut segments = self.segments.iter_mut().skip(cursor.segment);
        let here = segments.next().and_then(|queued| queued.text().get(cursor.offset + 1).copied());
        here.or_else(|| segments.find_map(|queued| queued.text().first().copied()))
    }

    /// The next `count` characters, or fewer before the end of the port.
    ///
    /// # Errors
    ///
    /// [`PortError::NotUtf8`]; [`PortError::TooLong`] if so many characters cannot be held at once.
    pub(crate) fn read_string(&mut self, count: usize) -> Result<Step<Option<String>>, PortError> {
        if count == 0 {
            return Ok(Step::Ready(Some(String::new())));
        }
        let is_same = |goal: &Goal| matches!(goal, Goal::Chars(chars) if chars.wanted == count);
        let mut progress = self.resume(is_same, || Goal::Chars(CharCount::new(count)));
        let Goal::Chars(chars) = &mut progress.goal else { unreachable!("resumed with this goal") };
        while let Some(queued) = self.segments.get_mut(progress.at.segment) {
            let unseen = &queued.text()[progress.at.offset..];
            if let Some(seen) = chars.feed(unseen) {
                return Ok(Step::Ready(Some(self.take_text(progress.at.bytes + seen)?)));
            }
            progress.at.advance(unseen.len());
            if progress.at.bytes > BYTES_MAX {
                return self.give_up(progress.at.bytes, BYTES_MAX);
            }
            if !progress.at.next_segment(&self.segments) {
                break;
            }
        }
        if !self.closed {
            return Ok(self.wait(Some(progress)));
        }
        self.take_last_text(progress.at.bytes)
    }

    /// The next character.
    ///
    /// # Errors
    ///
    /// [`PortError::NotUtf8`]; one byte is lost then.
    pub(crate) fn read_char(&mut self) -> Result<Step<Option<char>>, PortError> {
        let step = self.peek_char();
        match &step {
            Ok(Step::Ready(Some(c))) => self.drop_text(c.len_utf8()),
            Ok(Step::Ready(None)) => self.drop_text(usize::MAX),
            Ok(Step::NeedsMore) => {}
            Err(_) => self.drop_text(1),
        }
        step
    }

    /// The next character, which stays.
    ///
    /// # Errors
    ///
    /// [`PortError::NotUtf8`]
    pub(crate) fn peek_char(&mut self) -> Result<Step<Option<char>>, PortError> {
        let mut start = [0; 4];
        let mut length = 0;
        for queued in &mut self.segments {
            for byte in queued.text().iter().take(4 - length) {
                start[length] = *byte;
                length += 1;
            }
            match std::str::from_utf8(&start[..length]) {
                Ok(text) => {
                    if let Some(c) = text.chars().next() {
                        return Ok(Step::Ready(Some(c)));
                    }
                }
                Err(error) if error.valid_up_to() > 0 => {
                    let c =
                        std::str::from_utf8(&start[..error.valid_up_to()]).ok().and_then(|text| text.chars().next());
                    return Ok(Step::Ready(c));
                }
                Err(error) if error.error_len().is_some() => return Err(PortError::NotUtf8),
                Err(_) => {}
            }
        }
        match (self.closed, length) {
            (false, _) => Ok(self.wait(None)),
            (true, 0) => Ok(Step::Ready(None)),
            (true, _) => Err(PortError::NotUtf8),
        }
    }

    /// Whether [`InputQueue::read_char`] would have an answer.
    pub(crate) fn is_char_ready(&mut self) -> bool {
        !matches!(self.peek_char(), Ok(Step::NeedsMore))
    }

    /// The next byte.
    pub(crate) fn read_u8(&mut self) -> Step<Option<u8>> {
        let step = self.peek_u8();
        match step {
            Step::Ready(Some(_)) => self.drop_bytes(1),
            Step::Ready(None) => self.drop_bytes(usize::MAX),
            Step::NeedsMore => {}
        }
        step
    }

    /// The next byte, which stays.
    pub(crate) fn peek_u8(&mut self) -> Step<Option<u8>> {
        match self.segments.iter_mut().find_map(|queued| queued.text().first().copied()) {
            None if !self.closed => self.wait(None),
            byte => Step::Ready(byte),
        }
    }

    /// Whether [`InputQueue::read_u8`] would have an answer.
    pub(crate) fn is_u8_ready(&mut self) -> bool {
        self.peek_u8() != Step::NeedsMore
    }

    /// The next `count` bytes, or fewer before the end of the port; without a copy where they came in one piece.
    ///
    /// # Errors
    ///
    /// [`PortError::TooLong`] if so many bytes cannot be held at once.
    pub(crate) fn read_bytes(&mut self, count: usize) -> Result<Step<Option<Bytes>>, PortError> {
        if count > BYTES_MAX {
            return Err(PortError::TooLong { limit: BYTES_MAX });
        }
        if count == 0 {
            return Ok(Step::Ready(Some(Bytes::new())));
        }
        let mut available = 0;
        for queued in &mut self.segments {
            available += queued.text().len();
            if available >= count {
                return Ok(Step::Ready(Some(self.take_bytes(count))));
            }
        }
        if !self.closed {
            return Ok(self.wait(None));
        }
        Ok(Step::Ready(self.take_last_bytes(available)))
    }

    /// What is here of the next `count_max` bytes, at least one.
    pub(crate) fn read_available(&mut self, count_max: usize) -> Step<Option<Bytes>> {
        match self.segments.iter_mut().map(|queued| queued.text().len()).find(|length| *length > 0) {
            Some(length) => Step::Ready(Some(self.take_bytes(length.min(count_max)))),
            None if self.closed => Step::Ready(self.take_last_bytes(0)),
            None => self.wait(None),
        }
    }

    /// What comes next, as it was written: a datum, or what is here of bytes that came in one piece.
    pub(crate) fn read_segment(&mut self) -> Step<Option<Segment>> {
        self.progress = None;
        let Some(queued) = self.segments.pop_front() else {
            return if self.closed { Step::Ready(None) } else { self.wait(None) };
        };
        self.consumed += queued.weight;
        Step::Ready(Some(queued.into_segment()))
    }

    /// The progress of the same read, or that of a new one.
    fn resume(&mut self, is_same: impl FnOnce(&Goal) -> bool, goal: impl FnOnce() -> Goal) -> Progress {
        match self.progress.take() {
            Some(progress) if is_same(&progress.goal) => progress,
            _ => Progress { goal: goal(), at: Cursor::default() },
        }
    }

    /// Ends a read that lacks something. The sender is no longer owed anything for what is here: it might be waiting
    /// for room to send the rest.
    fn wait<T>(&mut self, progress: Option<Progress>) -> Step<T> {
        for queued in &mut self.segments {
            self.consumed += std::mem::take(&mut queued.weight);
        }
        self.progress = progress;
        Step::NeedsMore
    }

    /// Gives a read of text up that lacks something, if there are too many data: what is there is lost.
    ///
    /// # Errors
    ///
    /// [`PortError::TooLong`]
    pub(crate) fn check_data_in_text(&mut self) -> Result<(), PortError> {
        if self.segments.len() <= SEGMENTS_MAX {
            return Ok(());
        }
        self.drop_all();
        Err(PortError::TooLong { limit: TEXT_BYTES_MAX })
    }

    fn give_up<T>(&mut self, bytes: usize, limit: usize) -> Result<T, PortError> {
        self.drop_text(bytes);
        Err(PortError::TooLong { limit })
    }

    /// Reads the datum in the first `bytes` bytes. They are gone afterwards if there is none.
    fn parse(&mut self, bytes: usize) -> Result<Option<Step<Option<Value>>>, PortError> {
        let place = self.place;
        let mut text = self.copy_text(bytes)?;
        // Whatever follows, the datum is whole.
        text.push('\n');
        match read_first(&text, &ReadLimits::default()) {
            Ok(Some((datum, used))) => {
                self.drop_text(used.min(bytes));
                Ok(Some(Step::Ready(Some(Value::from_datum(&datum)?))))
            }
            Ok(None) => {
                self.drop_text(bytes);
                Ok(None)
            }
            Err(error) => {
                self.drop_text(bytes);
                Err(place.malformed(&text, error))
            }
        }
    }

    /// Reads the beginning of a datum that has no end, for the reader to say what is not closed.
    fn parse_unfinished(&mut self, bytes: usize) -> Result<Step<Option<Value>>, PortError> {
        let place = self.place;
        let text = self.copy_text(bytes)?;
        self.drop_text(bytes);
        match read_first(&text, &ReadLimits::default()) {
            Ok(datum) => {
                let value = |(datum, _): (Datum, usize)| Value::from_datum(&datum);
                Ok(Step::Ready(datum.map(value).transpose()?))
            }
            Err(error) => Err(place.malformed(&text, error)),
        }
    }

    /// Takes the datum that comes after `blanks` bytes.
    fn take_datum(&mut self, blanks: usize) -> Option<Value> {
        self.drop_text(blanks);
        while let Some(queued) = self.segments.pop_front() {
            self.consumed += queued.weight;
            if let Content::Datum { value, .. } = queued.content {
                return Some(value);
            }
        }
        None
    }

    fn take_last_text(&mut self, bytes: usize) -> Result<Step<Option<String>>, PortError> {
        let text = if bytes > 0 { Some(self.take_text(bytes)?) } else { None };
        self.drop_text(usize::MAX);
        Ok(Step::Ready(text))
    }

    fn take_last_bytes(&mut self, count: usize) -> Option<Bytes> {
        let bytes = (count > 0).then(|| self.take_bytes(count));
        self.drop_bytes(usize::MAX);
        bytes
    }

    /// Takes the first `bytes` bytes; they are gone even if they are not text.
    fn take_text(&mut self, bytes: usize) -> Result<String, PortError> {
        let text = self.copy_text(bytes);
        self.drop_text(bytes);
        text
    }

    /// The first `bytes` bytes as text; they are gone if they are not.
    fn copy_text(&mut self, bytes: usize) -> Result<String, PortError> {
        let mut text = Vec::with_capacity(bytes + 1);
        for queued in &mut self.segments {
            let chunk = queued.text();
            text.extend_from_slice(&chunk[..chunk.len().min(bytes - text.len())]);
            if text.len() == bytes {
                break;
            }
        }
        String::from_utf8(text).map_err(|_| {
            self.drop_text(bytes);
            PortError::NotUtf8
        })
    }

    /// Takes the first `count` bytes, all of which are here.
    fn take_bytes(&mut self, count: usize) -> Bytes {
        let first = self.segments.iter().map(|queued| &queued.content).find(|content| !content.is_empty());
        let bytes = match first {
            Some(Content::Bytes(bytes)) if bytes.len() >= count => bytes.slice(..count),
            _ => {
                let mut copy = BytesMut::with_capacity(count);
                for queued in &mut self.segments {
                    let chunk = queued.text();
                    copy.extend_from_slice(&chunk[..chunk.len().min(count - copy.len())]);
                    if copy.len() == count {
                        break;
                    }
                }
                copy.freeze()
            }
        };
        self.drop_bytes(count);
        bytes
    }

    /// Drops the first `count` bytes and what lies between them, but no datum after the last one.
    fn drop_text(&mut self, count: usize) {
        let mut place = self.place;
        self.drop_chunks(count, |chunk| place.advance(chunk));
        self.place = place;
    }

    /// As [`InputQueue::drop_text`], for what may not be text.
    fn drop_bytes(&mut self, count: usize) {
        self.drop_chunks(count, |_| {});
    }

    fn drop_chunks(&mut self, mut count: usize, mut see: impl FnMut(&[u8])) {
        self.progress = None;
        while count > 0
            && let Some(first) = self.segments.front_mut()
        {
            let chunk = first.text();
            let dropped = chunk.len().min(count);
            see(&chunk[..dropped]);
            count -= dropped;
            let whole = dropped == chunk.len();
            self.consumed += first.drop_bytes(dropped);
            if !whole {
                return;
            }
            self.segments.pop_front();
        }
    }
}

impl Cursor {
    fn advance(&mut self, bytes: usize) {
        self.offset += bytes;
        self.bytes += bytes;
    }

    /// Moves on to the next segment, if there is one. If not, the last one may still grow.
    fn next_segment(&mut self, segments: &VecDeque<Queued>) -> bool {
        let there_is = self.segment + 1 < segments.len();
        if there_is {
            self.segment += 1;
            self.offset = 0;
        }
        there_is
    }
}

impl Place {
    fn advance(&mut self, text: &[u8]) {
        let mut last_line = text;
        if let Some(end) = text.iter().rposition(|byte| *byte == b'\n') {
            let lines = text.iter().filter(|byte| **byte == b'\n').count();
            self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
            self.column = 0;
            last_line = &text[end + 1..];
        }
        // All but the first byte of a character begin with these two bits.
        let columns = last_line.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        self.column = self.column.saturating_add(u32::try_from(columns).unwrap_or(u32::MAX));
    }

    /// The error of the reader in `text`, which begins here.
    fn malformed(self, text: &str, error: ReadError) -> PortError {
        let (line, column) = line_column(text, error.span().start);
        let before = if line == 1 { self.column } else { 0 };
        PortError::Malformed {
            line: line.saturating_add(self.line),
            column: column.saturating_add(before),
            message: dpfw_syntax::SyntaxError::from(error).message,
        }
    }
}

/// Counts characters of UTF-8 without decoding them.
#[derive(Debug)]
struct CharCount {
    wanted: usize,
    begun: usize,
    /// Bytes that the last one still lacks.
    missing: usize,
}

impl CharCount {
    fn new(wanted: usize) -> Self {
        Self { wanted, begun: 0, missing: 0 }
    }

    /// How many of the bytes belong to the characters that are wanted, if the last of them ends here.
    fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        for (index, byte) in bytes.iter().enumerate() {
            if self.missing > 0 {
                self.missing -= 1;
            } else {
                self.begun += 1;
                self.missing = match byte.leading_ones() {
                    2 => 1,
                    3 => 2,
                    4 => 3,
                    // Anything else is a character of its own, or an error that shows when all are looked at.
                    _ => 0,
                };
            }
            if self.missing == 0 && self.begun == self.wanted {
                return Some(index + 1);
            }
        }
        None
    }
}

/// Bytes that one read may gather where the reader said how much it wants.
const BYTES_MAX: usize = 1024 * 1024 * 1024;
