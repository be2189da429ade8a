//! [`Started`]: which task a child has started last on each of its links, where its supervisor finds it when the child has
//! died: in a file of memory that both have open.
//!
//! A slave runs the tasks of a link in the order of their numbers. So those after the last one that was started have not
//! run, and their master may send them again, whatever has ended the process.

use std::{fs::File, io, os::fd::OwnedFd};

/// The numbers of the tasks, one for each link.
#[derive(Debug)]
pub(in crate::slave) struct Started(File);

/// Links that have a place of their own, for as long as no later one has the same.
const PLACES: u64 = 64 * 1024;
/// Bytes of a place: the number of the link, from 1, and of the task.
const PLACE_BYTES: usize = 16;

impl Started {
    /// None has started. `None` where the system has no files of memory.
    #[cfg(target_os = "linux")]
    pub(super) fn new() -> io::Result<Option<Self>> {
        use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
        let file = memfd_create("dpfw-started", MemfdFlags::CLOEXEC)?;
        ftruncate(&file, PLACES * PLACE_BYTES as u64)?;
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
        let mark = (u128::from(link + 1) << 64) | u128::from(task);
        std::os::unix::fs::FileExt::write_all_at(&self.0, &mark.to_be_bytes(), place(link))
    }

    /// The last task that started on `link`, 0 if none did; `None` if a later link has taken its place.
    pub(super) fn last(&self, link: u64) -> io::Result<Option<u64>> {
        let mut mark = [0; PLACE_BYTES];
        std::os::unix::fs::FileExt::read_exact_at(&self.0, &mut mark, place(link))?;
        let mark = u128::from_be_bytes(mark);
        let task = u64::try_from(mark & u128::from(u64::MAX)).unwrap_or(u64::MAX);
        Ok((mark == 0 || mark >> 64 == u128::from(link + 1)).then_some(task))
    }
}

impl From<OwnedFd> for Started {
    fn from(file: OwnedFd) -> Self {
        Self(file.into())
    }
}

fn place(link: u64) -> u64 {
    link % PLACES * PLACE_BYTES as u64
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
        assert_eq!([2, 3, 4, PLACES - 1].map(last), [0, 300, 0, u64::MAX].map(Some));
        child.mark(3 + PLACES, 1).expect("marked");
        assert_eq!([3, 3 + PLACES].map(last), [None, Some(1)], "one never speaks for another");
    }
}
