//! Calls: whether a procedure is given the number of arguments that it takes, by the program or by whom it is handed to.

use super::{
    Checker, Pass,
    value::{Signature, Value},
};
use crate::{
    Arity, Span,
    expand::{
        no_procedure,
        tree::{Expr, Node},
    },
    vocabulary::callbacks,
};

/// Whether `expr` is a constant, or a call on the spot that is nothing else.
fn is_constant(expr: &Expr) -> bool {
    match &expr.node {
        Node::Quote { .. } => true,
        Node::Begin(exprs) => matches!(&exprs[..], [only] if is_constant(only)),
        Node::Call(operator, operands) => match &operator.node {
            Node::Lambda(lambda) => {
                operands.is_empty() && lambda.params.is_empty() && lambda.rest.is_none() && is_constant(&lambda.body)
            }
            _ => false,
        },
        _ => false,
    }
}

impl Checker<'_, '_> {
    /// Checks one call, whose parts were visited; returns what it gives.
    pub(super) fn check_call(&mut self, call: &Call<'_>) -> Value {
        if is_constant(call.operator) && self.pass == Pass::Reporting {
            // Where it was written as a call this has been said: the same mistake twice is one.
            self.expander.error(no_procedure(call.operator.span));
        }
        if let Node::Variable(id) = call.operator.node {
            self.note_call(id, call);
        }
        let count = call.operands.len();
        let Some(signature) = call.callee.signature() else {
            return Value::Unknown;
        };
        if !signature.accepts(count) {
            let message = match call.operator.node {
                _ if call.is_binding() => takes_values(signature, count),
                Node::Variable(id) if self.uses.is_given(id) => {
                    let (name, takes) = (self.spelled(call.operator), signature.takes());
                    format!("what {name} is given takes {takes}, got {count}")
                }
                _ => format!("{} takes {}, got {count}", self.spelled(call.operator), signature.takes()),
            };
            self.report(message, call.span);
            return Value::Unknown;
        }
        match &call.operator.node {
            Node::Procedure(name) => self.check_offered(name, call),
            _ => signature.result.clone(),
        }
    }

    /// Checks what a call of a procedure of the slave hands to it.
    fn check_offered(&mut self, name: &str, call: &Call<'_>) -> Value {
        let count = call.operands.len();
        for callback in callbacks(name) {
            if let (Some(operand), Some(value)) =
                (call.operands.get(callback.position), call.values.get(callback.position))
            {
                self.check_callback(name, operand, value, callback.arguments(count));
            }
        }
        match name {
            "apply" => self.check_apply(call),
            "call-with-values" => self.check_receiver(call),
            _ => {}
        }
        match name {
            "error" | "raise" => Value::Never,
            "values" if count == 1 => call.values[0].clone(),
            "values" => Value::Several(count),
            "list" => Value::List(count),
            "exact-integer-sqrt" | "floor/" | "partition" | "split-at" | "truncate/" => Value::Several(2),
            "make-parameter" => Value::procedure(vec![Arity::new(0, Some(0))], Value::Unknown),
            _ => Value::Unknown,
        }
    }

    /// `caller` calls the value of `operand` with `count` arguments.
    fn check_callback(&mut self, caller: &str, operand: &Expr, value: &Value, count: usize) {
        if let Some(signature) = value.signature()
            && !signature.accepts(count)
        {
            let name = self.spelled(operand);
            let message = format!("{name} takes {}, and `{caller}` calls it with {count}", signature.takes());
            self.report(message, operand.span);
        }
    }

    /// `(apply f a b list)` gives two arguments and the items of the list.
    fn check_apply(&mut self, call: &Call<'_>) {
        let ([operator, given @ .., _], [procedure, .., last]) = (call.operands, &*call.values) else {
            return;
        };
        let Some(signature) = procedure.signature() else {
            return;
        };
        let count = match last {
            Value::List(length) if !signature.accepts(given.len() + length) => (given.len() + length).to_string(),
            Value::List(_) => return,
            _ if signature.arities.iter().all(|arity| arity.is_exceeded_by(given.len())) => {
                format!("at least {}", given.len())
            }
            _ => return,
        };
        let message = format!("{} takes {}, got {count}", self.spelled(operator), signature.takes());
        self.report(message, call.span);
    }

    /// The second operand of `call-with-values` is called with the values that the first one gives.
    fn check_receiver(&mut self, call: &Call<'_>) {
        let ([producer, receiver], [produced, received]) = (call.operands, &*call.values) else {
            return;
        };
        let Some(count) = produced.signature().and_then(|signature| signature.result.count()) else {
            return;
        };
        // What binds names to several values is expanded to a receiver that spans the whole form.
        match (&producer.node, received.signature()) {
            (Node::Lambda(producer), Some(signature)) if receiver.span == call.span && !signature.accepts(count) => {
                self.report(takes_values(signature, count), producer.body.span);
            }
            _ => self.check_callback("call-with-values", receiver, received, count),
        }
    }

    /// A procedure as a message calls it.
    fn spelled(&self, procedure: &Expr) -> String {
        match &procedure.node {
            Node::Procedure(name) => format!("`{name}`"),
            Node::Variable(id) => format!("`{}`", self.expander.variables[id.0 as usize].name),
            _ => "this procedure".into(),
        }
    }
}

/// A call, with what is known about its parts.
pub(super) struct Call<'t> {
    pub(super) operator: &'t Expr,
    pub(super) operands: &'t [Expr],
    pub(super) span: Span,
    pub(super) callee: Value,
    /// Those of the operands.
    pub(super) values: Vec<Value>,
}

impl Call<'_> {
    /// Whether this is no call in the text but a form that binds names to `(values …)`: it encloses what it calls.
    fn is_binding(&self) -> bool {
        self.operator.span != self.span && self.operator.span.to(self.span) == self.operator.span
    }
}

fn takes_values(signature: &Signature, count: usize) -> String {
    let values = |arguments: String| arguments.replace("argument", "value");
    let given = values(Arity::new(0, u16::try_from(count).ok()).to_string().replace("0 to ", ""));
    format!("this gives {given} to names that take {}", values(signature.takes()))
}
