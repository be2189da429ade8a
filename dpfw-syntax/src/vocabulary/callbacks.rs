//! Procedures that call what they are given: which operand, and with how many arguments.

/// One operand that a procedure calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Callback {
    /// Which operand, from 0.
    pub(crate) position: usize,
    given: Given,
}

/// What the operand is called with.
#[derive(Debug, Clone, Copy)]
enum Given {
    Exactly(usize),
    /// One argument for each operand of the caller but for so many.
    EachBut(usize),
}

impl Callback {
    /// With how many arguments the operand is called if its caller has so many operands.
    pub(crate) fn arguments(self, operands: usize) -> usize {
        match self.given {
            Given::Exactly(count) => count,
            Given::EachBut(others) => operands.saturating_sub(others),
        }
    }
}

/// What the procedure of the slave that is called `name` calls.
pub(crate) fn callbacks(name: &str) -> &'static [Callback] {
    CALLBACKS.iter().find(|(names, _)| names.contains(&name)).map_or(&[], |&(_, callbacks)| callbacks)
}

/// Whether a call of `name` begins by calling the operand at `position`, whatever happens later.
pub(crate) fn is_called_at_once(name: &str, position: usize) -> bool {
    matches!((name, position), ("%guard" | "call-with-values", 0) | ("%parameterize", 1) | ("dynamic-wind", 0 | 1))
}

const fn exactly(position: usize, count: usize) -> Callback {
    Callback { position, given: Given::Exactly(count) }
}

/// The first operand is called with an item of each other one, or with what a fold has made of its seed so far.
const ITEMS: &[Callback] = &[Callback { position: 0, given: Given::EachBut(1) }];

// Not here: what hash tables are made with, which is recognised and not called.
const CALLBACKS: &[(&[&str], &[Callback])] = &[
    (
        &[
            "map",
            "for-each",
            "append-map",
            "filter-map",
            "any",
            "every",
            "list-index",
            "count",
            "string-map",
            "string-for-each",
            "vector-map",
            "vector-for-each",
            "fold",
            "fold-left",
            "fold-right",
        ],
        ITEMS,
    ),
    (&["reduce", "reduce-right"], &[exactly(0, 2)]),
    (&["filter", "remove", "partition", "find", "find-tail", "take-while", "drop-while"], &[exactly(0, 1)]),
    (&["list-tabulate"], &[exactly(1, 1)]),
    (&["unfold"], &[exactly(0, 1), exactly(1, 1), exactly(2, 1)]),
    (&["sort"], &[exactly(1, 2)]),
    (&["list-sort"], &[exactly(0, 2)]),
    (&["member", "assoc", "delete"], &[exactly(2, 2)]),
    (&["delete-duplicates"], &[exactly(1, 2)]),
    (&["string-index"], &[exactly(1, 1)]),
    (&["hash-table-ref"], &[exactly(2, 0)]),
    (&["hash-table-update!"], &[exactly(2, 1), exactly(3, 0)]),
    (&["hash-table-update!/default"], &[exactly(2, 1)]),
    (&["hash-table-walk"], &[exactly(1, 2)]),
    (&["hash-table-fold"], &[exactly(1, 3)]),
    (&["call-with-current-continuation", "call/cc"], &[exactly(0, 1)]),
    // Its receiver takes what the producer gives.
    (&["call-with-values"], &[exactly(0, 0)]),
    (&["dynamic-wind"], &[exactly(0, 0), exactly(1, 0), exactly(2, 0)]),
    (&["make-parameter"], &[exactly(1, 1)]),
    (&["with-exception-handler"], &[exactly(0, 1), exactly(1, 0)]),
    (&["call-with-port"], &[exactly(1, 1)]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::procedure;

    #[test]
    fn every_caller_is_offered_and_has_the_operands_that_it_calls() {
        for (names, callbacks) in CALLBACKS {
            for name in *names {
                let arity = procedure(name).unwrap_or_else(|| panic!("{name} is not offered")).arity;
                let positions = callbacks.iter().map(|callback| callback.position);
                positions.for_each(|position| assert!(!arity.is_exceeded_by(position + 1), "{name}: {position}"));
            }
        }
    }
}
