//! Values on their way in and out of the evaluator: exact, and bounded in depth and in nodes both ways.
//!
//! Shared data counts as often as it occurs and cyclic data is endless, so both end in a limit and never in a full
//! stack or a hang.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use steel::SteelVal;

use super::{
    fault::{Condition, Fault},
    held::Held,
    natives::{self, ByteVector, Eof, F64Vector, HashTable, Keyword, Port, RecordType},
    session::{BYTES_PER_UNIT, Session},
};
use crate::value::{self, Symbol, Value, with_stack};

/// Makes a vector of Steel's heap.
pub(super) type MakeVector<'a> = dyn FnMut(Vec<SteelVal>) -> SteelVal + 'a;

/// Steel's value for `value`.
///
/// `make` makes vectors; without it a value that contains one is refused with [`Import::NeedsHeap`].
pub(super) fn import(value: &Value, make: Option<&mut MakeVector<'_>>) -> Result<SteelVal, Import> {
    Importer { make, made: Vec::new(), room: Room::new(value::NODES_MAX) }.value(value)
}

/// Why a value could not be brought in.
#[derive(Debug)]
pub(super) enum Import {
    /// It contains vectors, which only a running evaluator can make.
    NeedsHeap,
    /// It is too deep, too large, or opaque.
    Refused(Fault),
}

impl Import {
    /// As a fault of whoever brings it in.
    pub(super) fn into_fault(self) -> Fault {
        match self {
            Self::Refused(fault) => fault,
            Self::NeedsHeap => Fault::misuse("a vector cannot be made here"),
        }
    }
}

/// What is left of the limits.
struct Room {
    depth: u32,
    nodes: u32,
    nodes_max: u32,
    bytes: usize,
}

/// Texts, numbers and bytevectors of one value, shared ones counted as often as they occur.
const BYTES_MAX: usize = 1 << 30;

impl Room {
    fn new(nodes_max: u32) -> Self {
        Self { depth: value::DEPTH_MAX, nodes: nodes_max, nodes_max, bytes: BYTES_MAX }
    }

    fn take_node(&mut self) -> Result<(), Fault> {
        self.take_nodes(1)
    }

    fn take_nodes(&mut self, count: usize) -> Result<(), Fault> {
        Session::work(count)?;
        let left = u32::try_from(count).ok().and_then(|count| self.nodes.checked_sub(count));
        let which = "parts of a value that travels; a cyclic one has no end of them";
        self.nodes = left.ok_or_else(|| Fault::limit(which, self.nodes_max as usize))?;
        Ok(())
    }

    /// Notes that so many bytes are copied.
    fn take_bytes(&mut self, bytes: usize) -> Result<(), Fault> {
        Session::work(bytes / BYTES_PER_UNIT)?;
        let which = "bytes of a value that travels, shared ones counted each time";
        self.bytes = self.bytes.checked_sub(bytes).ok_or_else(|| Fault::limit(which, BYTES_MAX))?;
        Ok(())
    }

    fn enter(&mut self) -> Result<(), Fault> {
        let which = "levels of a value that travels; a cyclic one has no end of them";
        self.depth = self.depth.checked_sub(1).ok_or_else(|| Fault::limit(which, value::DEPTH_MAX as usize))?;
        Ok(())
    }

    fn leave(&mut self) {
        self.depth += 1;
    }
}

struct Importer<'m, 'c> {
    make: Option<&'m mut MakeVector<'c>>,
    /// Keeps each vector while the rest is made.
    made: Vec<Held>,
    room: Room,
}

impl Importer<'_, '_> {
    fn value(&mut self, value: &Value) -> Result<SteelVal, Import> {
        self.room.take_node().map_err(Import::Refused)?;
        self.counted(value)
    }

    /// Brings in a value that was counted before.
    fn counted(&mut self, value: &Value) -> Result<SteelVal, Import> {
        Ok(match value {
            Value::Void => SteelVal::Void,
            Value::Bool(truth) => SteelVal::BoolV(*truth),
            Value::Number(number) => natives::from_number(number),
            Value::Char(c) => SteelVal::CharV(*c),
            Value::String(text) => SteelVal::StringV((&**text).into()),
            Value::Symbol(name) => SteelVal::SymbolV(name.as_str().into()),
            Value::Keyword(name) => natives::wrap(Keyword(name.as_str().into())),
            Value::Bytes(bytes) => natives::make_received_bytes(bytes),
            Value::F64Vector(floats) => natives::make_f64_vector(Arc::from(floats.clone())),
            Value::List(items) => SteelVal::ListV(self.items(items)?),
            Value::Dotted(items, tail) => {
                let items: Vec<_> = self.items(items)?;
                let tail = self.nested(|this| this.value(tail))?;
                natives::prepend(items, tail)
            }
            Value::Vector(items) => {
                if self.make.is_none() {
                    return Err(Import::NeedsHeap);
                }
                let items: Vec<_> = self.items(items)?;
                let vector = self.make.as_mut().map_or(SteelVal::Void, |make| make(items));
                self.made.push(Held::new(vector.clone()));
                vector
            }
            Value::Map(entries) => {
                let mut table = HashTable::by_equal();
                for (key, value) in entries {
                    let (key, value) = self.nested(|this| Ok((this.value(key)?, this.value(value)?)))?;
                    table.set(&key, &value).map_err(Import::Refused)?;
                }
                natives::wrap(table)
            }
            Value::Opaque(text) => {
                return Err(Import::Refused(Fault::misuse(format!("#<{text}> does not travel"))));
            }
        })
    }

    fn items<T: FromIterator<SteelVal>>(&mut self, items: &[Value]) -> Result<T, Import> {
        self.room.take_nodes(items.len()).map_err(Import::Refused)?;
        self.nested(|this| items.iter().map(|item| this.counted(item)).collect())
    }

    fn nested<T>(&mut self, inside: impl FnOnce(&mut Self) -> Result<T, Import>) -> Result<T, Import> {
        self.room.enter().map_err(Import::Refused)?;
        let result = with_stack(|| inside(self));
        self.room.leave();
        result
    }
}

/// Our value for Steel's `value`. What cannot travel, a procedure or a port, becomes [`Value::Opaque`].
///
/// # Errors
/// [`Fault::Limit`] if it is nested too deeply or has too many parts.
pub(super) fn export(value: &SteelVal) -> Result<Value, Fault> {
    Exporter::new().value(value)
}

/// The same for errors, which people read: of fewer parts.
pub(super) fn export_shown(value: &SteelVal) -> Result<Value, Fault> {
    const NODES_MAX: u32 = 100_000;
    Exporter { room: Room::new(NODES_MAX), ..Exporter::new() }.value(value)
}

/// Makes values of ours, all of them together within the bounds of one.
pub(super) struct Exporter {
    room: Room,
    /// The objects that can be changed and were met, where that matters.
    met: Option<HashSet<(usize, usize)>>,
    /// Whether the values made are less than the originals were.
    is_lossy: bool,
}

impl Exporter {
    pub(super) fn new() -> Self {
        Self { room: Room::new(value::NODES_MAX), met: None, is_lossy: false }
    }

    /// One that notes what [`is_lossy`](Self::is_lossy) tells.
    pub(super) fn that_notes_losses() -> Self {
        Self { met: Some(HashSet::new()), ..Self::new() }
    }

    /// Whether an object that can be changed was met twice, and is two now, or a table that does not compare by `equal?`.
    pub(super) fn is_lossy(&self) -> bool {
        self.is_lossy
    }

    /// Notes an object that can be changed.
    fn meet(&mut self, value: &SteelVal) {
        if let Some(met) = &mut self.met
            && let Some(identity) = natives::identity(value)
        {
            self.is_lossy |= !met.insert(identity);
        }
    }

    /// About how many bytes the values take that were made of.
    pub(super) fn bytes_made(&self) -> u64 {
        const NODE_BYTES: u64 = 64;
        u64::from(self.room.nodes_max - self.room.nodes) * NODE_BYTES + (BYTES_MAX - self.room.bytes) as u64
    }

    /// As [`export`].
    pub(super) fn value(&mut self, value: &SteelVal) -> Result<Value, Fault> {
        self.room.take_node()?;
        self.room.take_bytes(natives::size(value))?;
        Ok(match value {
            SteelVal::Void => Value::Void,
            SteelVal::BoolV(truth) => Value::Bool(*truth),
            SteelVal::CharV(c) => Value::Char(*c),
            SteelVal::StringV(text) => Value::String(text.as_str().into()),
            SteelVal::SymbolV(name) => Value::Symbol(Symbol::new(name.as_str())),
            SteelVal::ListV(_) if natives::values_list(value).is_some() => opaque("values"),
            SteelVal::ListV(list) => self
                .nested(|this| Ok(Value::List(list.iter().map(|item| this.value(item)).collect::<Result<_, _>>()?)))?,
            SteelVal::Pair(_) => self.nested(|this| this.dotted(value))?,
            SteelVal::MutableVector(vector) => match natives::label(value) {
                Some(label) => opaque(&label),
                None => {
                    self.meet(value);
                    let items = vector.get();
                    self.nested(|this| {
                        Ok(Value::Vector(items.iter().map(|item| this.value(item)).collect::<Result<_, _>>()?))
                    })?
                }
            },
            SteelVal::Custom(_) => self.custom(value)?,
            other => match natives::to_number(other) {
                Some(number) => Value::Number(number),
                None => opaque("procedure"),
            },
        })
    }

    fn dotted(&mut self, value: &SteelVal) -> Result<Value, Fault> {
        let mut items = Vec::new();
        let mut rest = value.clone();
        loop {
            let next = match &rest {
                SteelVal::Pair(pair) => {
                    items.push(self.value(pair.car_ref())?);
                    pair.cdr()
                }
                tail => return Ok(Value::dotted(items, self.value(tail)?)),
            };
            rest = next;
        }
    }

    fn custom(&mut self, value: &SteelVal) -> Result<Value, Fault> {
        if let Some(bytes) = natives::with_mut(value, ByteVector::share) {
            self.meet(value);
            return Ok(Value::Bytes(bytes));
        }
        if let Some(floats) = natives::with(value, |floats: &F64Vector| floats.0.clone()) {
            self.meet(value);
            return Ok(Value::F64Vector(floats.into()));
        }
        if let Some(name) = natives::with(value, |keyword: &Keyword| Arc::clone(&keyword.0)) {
            return Ok(Value::Keyword(Symbol::new(name)));
        }
        // Copied out before it is walked: nothing is borrowed while values inside it are looked at.
        let entries = natives::with(value, |table: &HashTable| {
            table.iter().map(|(key, value)| (key.clone(), value.clone())).collect::<Vec<_>>()
        });
        if let Some(entries) = entries {
            self.meet(value);
            self.is_lossy |= natives::with(value, |table: &HashTable| !table.is_by_equal()).unwrap_or(false);
            return self.nested(|this| {
                let count = entries.len();
                let entries = entries.iter().map(|(key, value)| Ok((this.value(key)?, this.value(value)?)));
                let map = entries.collect::<Result<BTreeMap<_, _>, Fault>>()?;
                // Keys that only `eq?` tells apart, or procedures, look alike elsewhere.
                if map.len() < count {
                    return Err(Fault::misuse("a hash table whose keys would be the same elsewhere does not travel"));
                }
                Ok(Value::Map(map))
            });
        }
        Ok(opaque(if natives::is::<Condition>(value) {
            "error"
        } else if natives::is::<RecordType>(value) {
            "record type"
        } else if natives::is::<Port>(value) {
            "port"
        } else if natives::is::<Eof>(value) {
            "eof"
        } else {
            "object"
        }))
    }

    fn nested<T>(&mut self, inside: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        self.room.enter()?;
        let result = with_stack(|| inside(self));
        self.room.leave();
        result
    }
}

fn opaque(text: &str) -> Value {
    Value::Opaque(text.into())
}
