//! Natives that Rust programs register: their arguments and results travel by serde.

use std::{
    any::type_name,
    fmt,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};

use dpfw_syntax::{
    Arity, ReadLimits, read_all,
    vocabulary::{Taken, taken},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::value::{Value, from_value, to_value};

/// Why a registered function gave nothing.
#[derive(Debug)]
pub enum NativeError {
    /// Its arguments were of other types, its result does not travel, or it said so itself.
    Message(String),
    /// The task was cancelled while it waited.
    Cancelled,
}

/// Whether the task that called is cancelled.
pub(crate) type IsCancelled<'a> = &'a dyn Fn() -> bool;

type Body = dyn Fn(Vec<Value>, IsCancelled<'_>) -> Result<Value, NativeError> + Send + Sync;

/// A function that tasks may call.
#[derive(Clone)]
struct UserNative {
    name: Arc<str>,
    arity: Arity,
    body: Arc<Body>,
}

impl fmt::Debug for UserNative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserNative").field("name", &self.name).field("arity", &self.arity).finish_non_exhaustive()
    }
}

/// The functions of one slave. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct UserNatives(Arc<Vec<UserNative>>);

impl UserNatives {
    /// Adds `function` under `name`, in place of another of that name.
    pub(crate) fn register<Arguments, F: NativeFn<Arguments>>(&mut self, name: &str, function: F) {
        self.add(name, F::ARITY, Arc::new(move |values, _: IsCancelled<'_>| function.call(values)));
    }

    /// Adds the asynchronous `function`, which the evaluator drives to its end among the tasks of
    /// `handle`'s runtime.
    pub(crate) fn register_async<Arguments, F: AsyncNativeFn<Arguments>>(
        &mut self,
        name: &str,
        function: F,
        handle: tokio::runtime::Handle,
    ) {
        let body = move |values, is_cancelled: IsCancelled<'_>| function.call(values, &handle, is_cancelled);
        self.add(name, F::ARITY, Arc::new(body));
    }

    fn add(&mut self, name: &str, count: u16, body: Arc<Body>) {
        if let Some(why) = refusal(name) {
            panic!("tasks cannot call a function named `{name}`: {why}");
        }
        let native = UserNative { name: name.into(), arity: Arity::new(count, Some(count)), body };
        let natives = Arc::make_mut(&mut self.0);
        match natives.iter_mut().find(|other| *other.name == *name) {
            Some(other) => *other = native,
            None => natives.push(native),
        }
    }

    /// All functions.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Arity)> {
        self.0.iter().map(|native| (&*native.name, native.arity))
    }

    /// The number and arity of the function called `name`.
    pub(super) fn find(&self, name: &str) -> Option<(usize, Arity)> {
        self.0.iter().position(|native| *native.name == *name).map(|number| (number, self.0[number].arity))
    }

    /// Calls the function of that number, if there is one.
    pub(super) fn call(
        &self,
        number: usize,
        arguments: Vec<Value>,
        is_cancelled: IsCancelled<'_>,
    ) -> Option<(&str, Result<Value, NativeError>)> {
        let native = self.0.get(number)?;
        Some((&native.name, (native.body)(arguments, is_cancelled)))
    }
}

/// Why no task could call a function of this name.
fn refusal(name: &str) -> Option<&'static str> {
    let is_symbol = read_all(name, &ReadLimits::default()).is_ok_and(|data| match &data[..] {
        [datum] => datum.as_name().is_some_and(|symbol| &*symbol.text == name),
        _ => false,
    });
    if !is_symbol {
        return Some("that is no symbol");
    }
    taken(name).map(|taken| match taken {
        Taken::Reserved => "that is a reserved name",
        Taken::Keyword => "that is a keyword of tasks",
        Taken::Offered => "every slave offers a procedure of that name",
    })
}

/// A Rust function that tasks can call: its arguments are deserialised, its result is serialised, and the `Err` of a
/// `Result` is raised in the task with the error as the message.
///
/// Implemented for functions and closures of up to eight arguments.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be called by tasks",
    note = "its arguments must be `serde::de::DeserializeOwned`, up to eight of them, and its result `serde::Serialize`",
    note = "an error that is not `Serialize` becomes its text with `.map_err(|err| err.to_string())`"
)]
pub trait NativeFn<Arguments>: Send + Sync + 'static {
    /// How many arguments it takes.
    const ARITY: u16;

    #[doc(hidden)]
    fn call(&self, arguments: Vec<Value>) -> Result<Value, NativeError>;
}

/// A Rust function as [`NativeFn`], of which the result is a future.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be called by tasks",
    note = "its arguments must be `serde::de::DeserializeOwned`, up to eight of them, and what its future gives \
            `serde::Serialize`",
    note = "an error that is not `Serialize` becomes its text with `.map_err(|err| err.to_string())`"
)]
pub trait AsyncNativeFn<Arguments>: Send + Sync + 'static {
    /// How many arguments it takes.
    const ARITY: u16;

    #[doc(hidden)]
    fn call(
        &self,
        arguments: Vec<Value>,
        handle: &tokio::runtime::Handle,
        is_cancelled: IsCancelled<'_>,
    ) -> Result<Value, NativeError>;
}

/// A cancelled task leaves a future that it waits for within this time.
const CANCEL_DELAY: Duration = Duration::from_millis(20);

/// Polls `future` to its end on this thread, with the timers and sockets of `handle`'s runtime.
///
/// Not by `Handle::block_on`, which nothing interrupts.
fn drive<F: Future>(
    future: F,
    handle: &tokio::runtime::Handle,
    is_cancelled: IsCancelled<'_>,
) -> Result<F::Output, NativeError> {
    let _entered = handle.enter();
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Ok(output);
        }
        if is_cancelled() {
            return Err(NativeError::Cancelled);
        }
        // A wake before this makes it return at once.
        thread::park_timeout(CANCEL_DELAY);
    }
}

/// Wakes the evaluator's thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn argument<T: DeserializeOwned>(values: &mut impl Iterator<Item = Value>, position: usize) -> Result<T, NativeError> {
    // The number of arguments was checked by the caller.
    let value = values.next().unwrap_or(Value::Void);
    from_value(value).map_err(|error| NativeError::Message(format!("argument {position}: {error}")))
}

fn result<R: Serialize>(result: &R) -> Result<Value, NativeError> {
    let value =
        to_value(result).map_err(|error| NativeError::Message(format!("the result does not travel: {error}")))?;
    // `Result` is no more to serde than an enum of this shape, and another enum may well have it.
    if !type_name::<R>().starts_with("core::result::Result<") {
        return Ok(value);
    }
    match value {
        Value::List(mut items) if items.len() == 2 => {
            let content = items.pop().unwrap_or(Value::Void);
            match items.first().and_then(Value::as_symbol).map(|symbol| symbol.as_str() == "Ok") {
                Some(true) => Ok(content),
                _ => Err(NativeError::Message(content.display().to_string())),
            }
        }
        other => Ok(other),
    }
}

macro_rules! native_fn {
    ($count:literal $($argument:ident $position:literal)*) => {
        impl<F, R, $($argument),*> NativeFn<($($argument,)*)> for F
        where
            F: Fn($($argument),*) -> R + Send + Sync + 'static,
            R: Serialize,
            $($argument: DeserializeOwned,)*
        {
            const ARITY: u16 = $count;

            fn call(&self, arguments: Vec<Value>) -> Result<Value, NativeError> {
                let mut _values = arguments.into_iter();
                result(&self($(argument::<$argument>(&mut _values, $position)?),*))
            }
        }

        impl<F, Fut, $($argument),*> AsyncNativeFn<($($argument,)*)> for F
        where
            F: Fn($($argument),*) -> Fut + Send + Sync + 'static,
            Fut: Future,
            Fut::Output: Serialize,
            $($argument: DeserializeOwned,)*
        {
            const ARITY: u16 = $count;

            fn call(
                &self,
                arguments: Vec<Value>,
                handle: &tokio::runtime::Handle,
                is_cancelled: IsCancelled<'_>,
            ) -> Result<Value, NativeError> {
                let mut _values = arguments.into_iter();
                let future = self($(argument::<$argument>(&mut _values, $position)?),*);
                result(&drive(future, handle, is_cancelled)?)
            }
        }
    };
}

native_fn!(0);
native_fn!(1 A 1);
native_fn!(2 A 1 B 2);
native_fn!(3 A 1 B 2 C 3);
native_fn!(4 A 1 B 2 C 3 D 4);
native_fn!(5 A 1 B 2 C 3 D 4 E 5);
native_fn!(6 A 1 B 2 C 3 D 4 E 5 G 6);
native_fn!(7 A 1 B 2 C 3 D 4 E 5 G 6 H 7);
native_fn!(8 A 1 B 2 C 3 D 4 E 5 G 6 H 7 I 8);
