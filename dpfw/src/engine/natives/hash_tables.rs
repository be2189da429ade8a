//! Hash tables: all of SRFI-69 that calls no procedure of the program's.

use std::{
    collections::HashMap,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash, Hasher, RandomState},
};

use steel::{SteelVal, rvals::Custom};

use super::{
    arguments::{list, make_list, string, truth, wrong},
    chars::folded,
    custom::{change, is, look, wrap},
    equality::{equal, hash_equal, hash_identical, identical},
    lists::cons,
    table::Native,
};
use crate::engine::{
    fault::{Fault, Outcome},
    held::Held,
    session::Session,
};

pub(in crate::engine) const NATIVES: &[Native] = natives![
    "make-hash-table" (0, 3) => |args| Ok(wrap(HashTable::new(equivalence(args, 0)?))),
    "hash-table?" (1) => |args| truth(is::<HashTable>(&args[0])),
    "alist->hash-table" (1, 4) => alist_to_table,
    "hash-table-equivalence-function" (1) => |args| look(args, 0, TABLE, |table: &HashTable| {
        native_value(match table.equivalence {
            Equivalence::Equal => "equal?",
            Equivalence::Identical => "eqv?",
            Equivalence::StringCi => "string-ci=?",
        })
    }),
    "hash-table-hash-function" (1) => |args| look(args, 0, TABLE, |table: &HashTable| {
        native_value(match table.equivalence {
            Equivalence::Equal => "hash",
            Equivalence::Identical => "hash-by-identity",
            Equivalence::StringCi => "string-ci-hash",
        })
    }),
    "hash-table-ref/default" (3) => |args| {
        Ok(find(args)?.unwrap_or_else(|| args[2].clone()))
    },
    "%hash-table-ref" (2) => |args| {
        find(args)?.ok_or_else(|| Fault::misuse("the table has no such key"))
    },
    "hash-table-set!" (3) => |args| {
        change(args, 0, TABLE, |table: &mut HashTable| table.set(&args[1], &args[2]))??;
        Ok(SteelVal::Void)
    },
    "hash-table-delete!" (2) => |args| {
        // Dropped outside the borrow: what a value contains may be this very table.
        let removed = change(args, 0, TABLE, |table: &mut HashTable| table.remove(&args[1]))??;
        drop(removed);
        Ok(SteelVal::Void)
    },
    "hash-table-exists?" (2) => |args| truth(find(args)?.is_some()),
    "hash-table-contains?" (2) => |args| truth(find(args)?.is_some()),
    "hash-table-size" (1) => size,
    "hash-table-count" (1) => size,
    "hash-table-keys" (1) => |args| entries(args, |key, _| key.clone()),
    "hash-table-values" (1) => |args| entries(args, |_, value| value.clone()),
    "hash-table->alist" (1) => |args| entries(args, |key, value| cons(key.clone(), value.clone())),
    "hash-table-copy" (1) => |args| {
        look(args, 0, TABLE, |table: &HashTable| {
            let mut copy = HashTable::new(table.equivalence);
            for (key, value) in table.iter() {
                copy.set(key, value)?;
            }
            Ok(wrap(copy))
        })?
    },
    "hash-table-merge!" (2) => |args| {
        let added: Vec<_> = look(args, 1, TABLE, |table: &HashTable| {
            table.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
        })?;
        change(args, 0, TABLE, |table: &mut HashTable| {
            added.iter().try_for_each(|(key, value)| table.set(key, value))
        })??;
        Ok(args[0].clone())
    },
    "hash-table-clear!" (1) => |args| {
        // Dropped after the table is let go of: an entry's end may be another value's.
        drop(change(args, 0, TABLE, |table: &mut HashTable| std::mem::take(&mut table.entries))?);
        Ok(SteelVal::Void)
    },
    "hash" (1, 2) => |args| {
        let mut hasher = DefaultHasher::new();
        hash_equal(&args[0], &mut hasher)?;
        bounded(args, &hasher)
    },
    "hash-by-identity" (1, 2) => |args| {
        let mut hasher = DefaultHasher::new();
        hash_identical(&args[0], &mut hasher);
        bounded(args, &hasher)
    },
    "string-hash" (1, 2) => |args| {
        let mut hasher = DefaultHasher::new();
        string(args, 0)?;
        hash_equal(&args[0], &mut hasher)?;
        bounded(args, &hasher)
    },
    "string-ci-hash" (1, 2) => |args| {
        let mut hasher = DefaultHasher::new();
        folded(string(args, 0)?)?.hash(&mut hasher);
        bounded(args, &hasher)
    },
];

const TABLE: &str = "a hash table";

/// When two keys of a table are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Equivalence {
    Equal,
    Identical,
    StringCi,
}

/// A hash table. Keys are hashed and compared within limits, so that no key hangs the evaluator.
#[derive(Debug)]
pub(in crate::engine) struct HashTable {
    equivalence: Equivalence,
    state: RandomState,
    entries: HashMap<Key, Held, BuildHasherDefault<Ready>>,
}

impl Custom for HashTable {}

/// A key with its hash. Equality cannot fail where hashing has not: both are bounded alike.
#[derive(Debug)]
struct Key {
    hash: u64,
    equivalence: Equivalence,
    /// The text of a string without regard to case, where that is what counts.
    folded: Option<Box<str>>,
    value: Held,
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        let (left, right) = (self.value.value(), other.value.value());
        self.hash == other.hash
            && match (self.equivalence, left, right) {
                (Equivalence::Equal, left, right) => equal(left, right).unwrap_or(false),
                (Equivalence::Identical, left, right) => identical(left, right),
                (Equivalence::StringCi, ..) => self.folded == other.folded,
            }
    }
}

impl Eq for Key {}

/// Passes on hashes that are made already.
#[derive(Debug, Default)]
struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Never called: keys write one whole hash.
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl HashTable {
    /// A table whose keys are compared by `equal?`.
    pub(in crate::engine) fn by_equal() -> Self {
        Self::new(Equivalence::Equal)
    }

    /// Whether it compares its keys as all tables do that travel.
    pub(in crate::engine) fn is_by_equal(&self) -> bool {
        matches!(self.equivalence, Equivalence::Equal)
    }

    fn new(equivalence: Equivalence) -> Self {
        Self { equivalence, state: RandomState::new(), entries: HashMap::default() }
    }

    /// Puts `value` under `key`.
    ///
    /// # Errors
    /// A limit: the key is too large to hash, or the table is full.
    pub(in crate::engine) fn set(&mut self, key: &SteelVal, value: &SteelVal) -> Result<(), Fault> {
        let key = self.key(key, Held::new(key.clone()))?;
        let entries_max = Session::sizes().table_entries;
        if self.entries.len() >= entries_max && !self.entries.contains_key(&key) {
            return Err(Fault::limit("entries of a hash table", entries_max));
        }
        self.entries.insert(key, Held::new(value.clone()));
        Ok(())
    }

    /// All keys and values.
    pub(in crate::engine) fn iter(&self) -> impl Iterator<Item = (&SteelVal, &SteelVal)> {
        self.entries.iter().map(|(key, value)| (key.value.value(), value.value()))
    }

    fn get(&self, key: &SteelVal) -> Result<Option<SteelVal>, Fault> {
        let key = self.key(key, Held::borrowed(key))?;
        Ok(self.entries.get(&key).map(|value| value.value().clone()))
    }

    fn remove(&mut self, key: &SteelVal) -> Result<Option<(Key, Held)>, Fault> {
        let key = self.key(key, Held::borrowed(key))?;
        Ok(self.entries.remove_entry(&key))
    }

    fn key(&self, key: &SteelVal, value: Held) -> Result<Key, Fault> {
        let mut hasher = self.state.build_hasher();
        let mut of_string = None;
        match (self.equivalence, key) {
            (Equivalence::Equal, key) => hash_equal(key, &mut hasher)?,
            (Equivalence::Identical, key) => hash_identical(key, &mut hasher),
            (Equivalence::StringCi, SteelVal::StringV(text)) => {
                let text = folded(text)?;
                text.hash(&mut hasher);
                of_string = Some(text.into_boxed_str());
            }
            (Equivalence::StringCi, _) => return Err(Fault::misuse("the keys of this table are strings")),
        }
        Ok(Key { hash: hasher.finish(), equivalence: self.equivalence, folded: of_string, value })
    }
}

/// The equivalence that the procedure at `position` stands for.
fn equivalence(args: &[SteelVal], position: usize) -> Result<Equivalence, Fault> {
    let Some(given) = args.get(position) else { return Ok(Equivalence::Equal) };
    let is = |name: &str| super::native(name).is_some_and(|native| identical(&(native.value)(), given));
    if ["equal?", "string=?"].into_iter().any(is) {
        Ok(Equivalence::Equal)
    } else if ["eqv?", "eq?", "char=?", "symbol=?"].into_iter().any(is) {
        Ok(Equivalence::Identical)
    } else if is("string-ci=?") {
        Ok(Equivalence::StringCi)
    } else {
        Err(wrong(args, position, "one of equal?, eqv?, eq?, string=?, string-ci=?"))
    }
}

/// The native called `name`, as a value.
fn native_value(name: &str) -> SteelVal {
    super::native(name).map_or(SteelVal::BoolV(false), |native| (native.value)())
}

fn find(args: &[SteelVal]) -> Result<Option<SteelVal>, Fault> {
    look(args, 0, TABLE, |table: &HashTable| table.get(&args[1]))?
}

fn size(args: &[SteelVal]) -> Outcome {
    let size = look(args, 0, TABLE, |table: &HashTable| table.entries.len())?;
    Ok(SteelVal::IntV(isize::try_from(size).unwrap_or(isize::MAX)))
}

fn entries(args: &[SteelVal], part: impl Fn(&SteelVal, &SteelVal) -> SteelVal) -> Outcome {
    look(args, 0, TABLE, |table: &HashTable| make_list(table.iter().map(|(key, value)| part(key, value))))
}

fn alist_to_table(args: &[SteelVal]) -> Outcome {
    let mut table = HashTable::new(equivalence(args, 1)?);
    for item in list(args, 0)? {
        let (key, value) = match item {
            SteelVal::ListV(entry) => (entry.first().cloned(), Some(SteelVal::ListV(entry.rest().unwrap_or_default()))),
            SteelVal::Pair(entry) => (Some(entry.car()), Some(entry.cdr())),
            _ => (None, None),
        };
        let (Some(key), Some(value)) = (key, value) else { return Err(wrong(args, 0, "a list of pairs")) };
        // The first of several entries for a key counts, as for assoc.
        if table.get(&key)?.is_none() {
            table.set(&key, &value)?;
        }
    }
    Ok(wrap(table))
}

/// A hash as a non-negative integer, below the bound if one is given.
fn bounded(args: &[SteelVal], hasher: &DefaultHasher) -> Outcome {
    let hash = hasher.finish() >> 2;
    let hash = match args.get(1) {
        None => hash,
        Some(SteelVal::IntV(bound)) if *bound > 0 => hash % u64::try_from(*bound).unwrap_or(1),
        Some(_) => return Err(wrong(args, 1, "a positive integer")),
    };
    Ok(SteelVal::IntV(isize::try_from(hash).unwrap_or(isize::MAX)))
}
