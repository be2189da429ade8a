//! A small evaluator of core, so that tests can say what a program means and not how it is spelled.

use std::{cell::RefCell, collections::HashMap, fmt, rc::Rc, sync::Arc};

use crate::{Core, CoreKind, Datum, DatumKind, Lambda, Local};

#[derive(Clone)]
enum Value {
    Datum(Datum),
    Pair(Rc<(Self, Self)>),
    Vector(Rc<Vec<Self>>),
    Box(Rc<RefCell<Self>>),
    Closure(Rc<Lambda>, Scope),
    Native(Arc<str>),
    Values(Vec<Self>),
    Record(Rc<RefCell<Vec<Self>>>),
    Unassigned,
}

type Scope = Rc<HashMap<Local, Value>>;
type Outcome = Result<Value, String>;

/// The value of a template without holes, called with two symbols for its ports, as `write` shows it.
pub(super) fn task(template: &Core) -> Result<String, String> {
    let remote = apply(&eval(template, &Scope::default())?, Vec::new())?;
    let port = |name: &str| Value::Datum(Datum::symbol(name, crate::Span::default()));
    Ok(apply(&remote, vec![port("i"), port("o")])?.to_string())
}

fn eval(core: &Core, scope: &Scope) -> Outcome {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || {
        Ok(match &core.kind {
            CoreKind::Quote(datum) => from_datum(datum),
            CoreKind::Local(local) => scope[local].clone(),
            CoreKind::Global(name) => Value::Native(Arc::clone(name)),
            CoreKind::Lambda(lambda) => Value::Closure(Rc::new(lambda.clone()), Rc::clone(scope)),
            CoreKind::If(test, then, otherwise) => {
                let branch = if eval(test, scope)?.is_true() { then } else { otherwise };
                return eval(branch, scope);
            }
            CoreKind::Begin(exprs) => {
                let (last, first) = exprs.split_last().unwrap();
                for expr in first {
                    eval(expr, scope)?;
                }
                return eval(last, scope);
            }
            CoreKind::Call(operator, operands) => {
                let operator = eval(operator, scope)?;
                let operands = operands.iter().map(|operand| eval(operand, scope)).collect::<Result<_, _>>()?;
                return apply(&operator, operands);
            }
        })
    })
}

fn apply(operator: &Value, mut operands: Vec<Value>) -> Outcome {
    match operator {
        Value::Closure(lambda, scope) => {
            if !lambda.arity().accepts(operands.len()) {
                return Err(format!("takes {}, got {}", lambda.arity(), operands.len()));
            }
            let mut scope = HashMap::clone(scope);
            let others = operands.split_off(lambda.params.len());
            scope.extend(lambda.params.iter().copied().zip(operands));
            scope.extend(lambda.rest.map(|rest| (rest, list(others))));
            eval(&lambda.body, &Rc::new(scope))
        }
        Value::Native(name) => native(name, &operands),
        other => Err(format!("{other} is no procedure")),
    }
}

fn native(name: &str, operands: &[Value]) -> Outcome {
    let bool = |value: bool| Ok(Value::of(DatumKind::Bool(value)));
    let integers = || operands.iter().map(Value::integer).collect::<Result<Vec<_>, _>>();
    let compare = |holds: fn(&i64, &i64) -> bool| bool(integers()?.is_sorted_by(holds));
    Ok(match (name, operands) {
        ("+", _) => Value::number(integers()?.iter().sum()),
        ("*", _) => Value::number(integers()?.iter().product()),
        ("-", [_]) => Value::number(-integers()?[0]),
        ("-", _) => Value::number(integers()?.into_iter().reduce(|left, right| left - right).unwrap()),
        ("=", _) => return compare(|left, right| left == right),
        ("<", _) => return compare(|left, right| left < right),
        (">", _) => return compare(|left, right| left > right),
        (">=", _) => return compare(|left, right| left >= right),
        ("odd?", [n]) => return bool(n.integer()? % 2 != 0),
        ("even?", [n]) => return bool(n.integer()? % 2 == 0),
        ("not", [value]) => return bool(!value.is_true()),
        ("null?", [value]) => return bool(value.to_string() == "()"),
        ("eqv?" | "eq?" | "equal?", [left, right]) => return bool(left.to_string() == right.to_string()),
        ("memv", [key, items]) => {
            let mut rest = items.clone();
            while let Value::Pair(pair) = &rest {
                if pair.0.to_string() == key.to_string() {
                    return Ok(rest);
                }
                rest = pair.1.clone();
            }
            return bool(false);
        }
        ("cons", [head, tail]) => Value::Pair(Rc::new((head.clone(), tail.clone()))),
        ("car", [pair]) => pair.pair()?.0.clone(),
        ("cdr", [pair]) => pair.pair()?.1.clone(),
        ("list", _) => list(operands.to_vec()),
        ("length", [items]) => Value::number(i64::try_from(items.items()?.len()).unwrap()),
        ("append", [lists @ .., last]) => {
            let mut whole = last.clone();
            for items in lists.iter().rev() {
                whole = in_front_of(items.items()?, whole);
            }
            whole
        }
        ("map", [procedure, items]) => {
            list(items.items()?.into_iter().map(|item| apply(procedure, vec![item])).collect::<Result<_, _>>()?)
        }
        ("apply", [procedure, given @ .., last]) => {
            return apply(procedure, given.iter().cloned().chain(last.items()?).collect());
        }
        ("vector", _) => Value::Vector(Rc::new(operands.to_vec())),
        ("list->vector", [items]) => Value::Vector(Rc::new(items.items()?)),
        ("vector-ref", [Value::Vector(items), position]) => {
            items[usize::try_from(position.integer()?).unwrap()].clone()
        }
        ("values", [only]) => only.clone(),
        ("values", _) => Value::Values(operands.to_vec()),
        ("call-with-values", [producer, receiver]) => match apply(producer, Vec::new())? {
            Value::Values(values) => return apply(receiver, values),
            only => return apply(receiver, vec![only]),
        },
        ("%box", [content]) => Value::Box(Rc::new(RefCell::new(content.clone()))),
        ("%unbox", [Value::Box(content)]) => content.borrow().clone(),
        ("%set-box!", [Value::Box(content), value]) => {
            *content.borrow_mut() = value.clone();
            Value::of(DatumKind::Void)
        }
        ("%unassigned", []) => Value::Unassigned,
        ("%checked-unbox", [Value::Box(content), name]) => match &*content.borrow() {
            Value::Unassigned => return Err(format!("{name} is not defined yet")),
            content => content.clone(),
        },
        ("%record-type", [name, _]) => name.clone(),
        ("%record", _) => Value::Record(Rc::new(RefCell::new(operands.to_vec()))),
        ("%record?", [Value::Record(fields), kind]) => return bool(fields.borrow()[0].to_string() == kind.to_string()),
        ("%record?", _) => return bool(false),
        ("%record-ref", [Value::Record(fields), _, index, _]) => {
            fields.borrow()[usize::try_from(index.integer()?).unwrap() + 1].clone()
        }
        ("%record-set!", [Value::Record(fields), _, index, value, _]) => {
            fields.borrow_mut()[usize::try_from(index.integer()?).unwrap() + 1] = value.clone();
            Value::of(DatumKind::Void)
        }
        ("raise", [value]) => return Err(format!("raised {value}")),
        _ => return Err(format!("no native {name} for {} operands", operands.len())),
    })
}

impl Value {
    fn of(kind: DatumKind) -> Self {
        Self::Datum(Datum::new(kind, crate::Span::default()))
    }

    fn number(number: i64) -> Self {
        Self::of(DatumKind::Number(number.into()))
    }

    fn integer(&self) -> Result<i64, String> {
        match self {
            Self::Datum(Datum { kind: DatumKind::Number(number), .. }) => Ok(number.as_i64().unwrap()),
            other => Err(format!("{other} is no integer")),
        }
    }

    fn is_true(&self) -> bool {
        !matches!(self, Self::Datum(Datum { kind: DatumKind::Bool(false), .. }))
    }

    fn pair(&self) -> Result<&(Self, Self), String> {
        match self {
            Self::Pair(pair) => Ok(pair),
            other => Err(format!("{other} is no pair")),
        }
    }

    fn items(&self) -> Result<Vec<Self>, String> {
        let mut items = Vec::new();
        let mut rest = self;
        while let Self::Pair(pair) = rest {
            items.push(pair.0.clone());
            rest = &pair.1;
        }
        if rest.to_string() == "()" { Ok(items) } else { Err(format!("{self} is no list")) }
    }
}

fn from_datum(datum: &Datum) -> Value {
    match &datum.kind {
        DatumKind::List(items) => list(items.iter().map(from_datum).collect()),
        DatumKind::Dotted(items, tail) => in_front_of(items.iter().map(from_datum).collect(), from_datum(tail)),
        DatumKind::Vector(items) => Value::Vector(Rc::new(items.iter().map(from_datum).collect())),
        _ => Value::Datum(datum.clone()),
    }
}

fn list(items: Vec<Value>) -> Value {
    in_front_of(items, Value::of(DatumKind::List(Vec::new())))
}

fn in_front_of(items: Vec<Value>, tail: Value) -> Value {
    items.into_iter().rev().fold(tail, |tail, item| Value::Pair(Rc::new((item, tail))))
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Datum(datum) => write!(f, "{datum}"),
            Self::Pair(pair) => {
                write!(f, "({}", pair.0)?;
                let mut rest = &pair.1;
                while let Self::Pair(pair) = rest {
                    write!(f, " {}", pair.0)?;
                    rest = &pair.1;
                }
                if rest.to_string() != "()" {
                    write!(f, " . {rest}")?;
                }
                f.write_str(")")
            }
            Self::Vector(items) => {
                let items: Vec<_> = items.iter().map(ToString::to_string).collect();
                write!(f, "#({})", items.join(" "))
            }
            Self::Box(_) | Self::Unassigned => f.write_str("#<box>"),
            Self::Closure(..) | Self::Native(_) => f.write_str("#<procedure>"),
            Self::Values(_) => f.write_str("#<values>"),
            Self::Record(_) => f.write_str("#<record>"),
        }
    }
}
