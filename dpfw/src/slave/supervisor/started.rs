//! [`Started`]: which task a child has started last on each of its links, where its supervisor finds it when the child has
//! died: in a file of memory that both have open.
//!
//! A slave runs the tasks of a link in the order of their numbers. So those after the last one that was started have not
//! run, and their master may send them again, whatever has ended the process.

use std::{fs::File, io, os::fd::OwnedFd};

/// The numbers of the tasks, one for each link.
#[derive(Debug)]
pub(in crate::slave) struct Started(File);

/// Links with a place of their own; who has more links at once than these knows less of their tasks.
const PLACES: u64 = 64 * 1024;
/// Bytes of a number.
const PLACE_BYTES: u64 = 8;

impl Started {
    /// None has started. `None` where the system has no files of memory.
    #[cfg(target_os = "linux")]
    pub(super) fn new() -> io::Result<Option<Self>> {
        use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
        let file = memfd_create("dpfw-started", MemfdFlags::CLOEXEC)?;
        ftruncate(&file, PLACES * PLACE_BYTES)?;
        Ok(Some(Self(file.into())))
    }

    /// As above.
    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    pub(super) fn new() -> io::Result<Option<Self>> {
        Ok(None)
    }

    pub(super) fn file(&self) -> &File {
        &self.0
    }

    /// Notes that `task` is about to start on `link`.
    pub(in crate::slave) fn mark(&self, link: u64, task: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.0, &task.to_be_bytes(), place(link))
    }

    /// The last task that started on `link`, or a later one; 0 if none did.
    pub(super) fn last(&self, link: u64) -> io::Result<u64> {
        let mut task = [0; 8];
        std::os::unix::fs::FileExt::read_exact_at(&self.0, &mut task, place(link))?;
        Ok(u64::from_be_bytes(task))
    }
}

impl From<OwnedFd> for Started {
    fn from(file: OwnedFd) -> Self {
        Self(file.into())
    }
}

fn place(link: u64) -> u64 {
    link % PLACES * PLACE_BYTES
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_one_side_marks_the_other_reads() {
        let started = Started::new().expect("a file").expect("on Linux");
        let child = Started::from(OwnedFd::from(started.file().try_clone().expect("a descriptor")));
        child.mark(3, 7).expect("marked");
        child.mark(3, 300).expect("marked");
        child.mark(PLACES - 1, u64::MAX).expect("marked");
        let last = |link| started.last(link).expect("read");
        assert_eq!([last(2), last(3), last(4), last(PLACES - 1)], [0, 300, 0, u64::MAX]);
    }
}
