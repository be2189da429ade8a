//! What this process and its threads take of the machine, as Linux tells it.
//!
//! Its files are opened once and read again and again: a supervised child may open none later.

use std::{fs::File, sync::OnceLock, time::Duration};

/// A file of `/proc`, which is made anew whenever its beginning is read.
#[derive(Debug)]
struct Told(Option<File>);

/// The longest line that is looked at.
const LINE_BYTES: usize = 256;

impl Told {
    fn open(path: &str) -> Self {
        // Elsewhere there is none, and nothing is told.
        Self(if cfg!(target_os = "linux") { File::open(path).ok() } else { None })
    }

    /// The number at `position` of the words in it.
    fn number(&self, position: usize) -> Option<u64> {
        let mut line = [0; LINE_BYTES];
        let length = read_at_start(self.0.as_ref()?, &mut line)?;
        std::str::from_utf8(line.get(..length)?).ok()?.split_whitespace().nth(position)?.parse().ok()
    }
}

#[cfg(unix)]
fn read_at_start(file: &File, line: &mut [u8]) -> Option<usize> {
    std::os::unix::fs::FileExt::read_at(file, line, 0).ok()
}

#[cfg(not(unix))]
fn read_at_start(_: &File, _: &mut [u8]) -> Option<usize> {
    None
}

/// The resident memory of this process.
pub(crate) fn resident_bytes() -> Option<u64> {
    memory(1)
}

/// The memory that this process has asked for to write to, stacks included, used or not.
#[cfg(target_os = "linux")]
pub(crate) fn data_bytes() -> Option<u64> {
    memory(5)
}

fn memory(position: usize) -> Option<u64> {
    // Pages; those that all of Linux's usual platforms have. Only growth matters here.
    const PAGE_BYTES: u64 = 4_096;
    static STATM: OnceLock<Told> = OnceLock::new();
    Some(STATM.get_or_init(|| Told::open("/proc/self/statm")).number(position)? * PAGE_BYTES)
}

/// A thread of this process.
#[derive(Debug)]
pub(crate) struct ThreadTimes(Told);

impl ThreadTimes {
    /// Those of the thread that calls. What is needed to look at memory is opened along with them.
    pub(crate) fn current() -> Self {
        let _ = resident_bytes();
        Self(Told::open("/proc/thread-self/schedstat"))
    }

    /// How long it has computed.
    pub(crate) fn cpu(&self) -> Option<Duration> {
        self.0.number(0).map(Duration::from_nanos)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn work_and_memory_are_told() {
        let times = ThreadTimes::current();
        let before = times.cpu().expect("time");
        let content = std::hint::black_box(vec![1_u8; 64 << 20]);
        assert!(resident_bytes().expect("memory") > content.len() as u64);
        assert!(times.cpu().expect("time") > before);
        // Another thread's work is not this one's.
        let after = times.cpu().expect("time");
        let other = std::thread::spawn(|| (0..20_000_000_u64).fold(0, |sum, n| std::hint::black_box(sum ^ n)));
        other.join().expect("a sum");
        assert!(times.cpu().expect("time") < after + Duration::from_millis(5));
    }
}
