//! The walls of a child process: what the operating system refuses it from the moment in which it serves.
//!
//! A task has no way to ask for any of this: neither the language nor the engine has one. The walls are for the day on
//! which one of them turns out to be wrong. They are filters of system calls (seccomp), set for all threads, which nothing
//! in the process can take off again; setting them also gives up new privileges for good.

use std::{collections::BTreeMap, process};

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Length, SeccompCmpOp as Compare, SeccompCondition as Condition,
    SeccompFilter, SeccompRule as Rule, TargetArch,
};

/// Why the walls could not be built.
#[derive(Debug, thiserror::Error)]
#[error("cannot build the walls of a child process: {0}")]
pub(super) struct WallError(String);

/// System calls that reach out of the process: to files, programs, the network, other processes, the machine.
const REFUSED: &[i64] = &[
    // Files: what is open stays open.
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_open_by_handle_at,
    libc::SYS_unlinkat,
    libc::SYS_renameat2,
    libc::SYS_mkdirat,
    libc::SYS_mknodat,
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_fchmodat,
    libc::SYS_fchownat,
    libc::SYS_fchmod,
    libc::SYS_fchown,
    libc::SYS_truncate,
    libc::SYS_utimensat,
    libc::SYS_setxattr,
    libc::SYS_chdir,
    libc::SYS_fchdir,
    libc::SYS_chroot,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_fanotify_init,
    libc::SYS_inotify_init1,
    libc::SYS_memfd_create,
    // Programs.
    libc::SYS_execve,
    libc::SYS_execveat,
    // The network: sockets are passed, never made.
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    // Other processes.
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setgroups,
    // The machine.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_sethostname,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    // The older spellings of the above, which newer architectures lack.
    #[cfg(target_arch = "x86_64")]
    libc::SYS_open,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_creat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_unlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rename,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_renameat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mkdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rmdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mknod,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_link,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_symlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lchown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
];

/// Builds the walls around this process. They stay for as long as it lives.
pub(super) fn build() -> Result<(), WallError> {
    // A new thread is asked for by `clone3` first, whose flags a filter cannot see: without it `clone` is used, and its
    // flags tell threads from processes.
    let unknown = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    apply(BTreeMap::from([(libc::SYS_clone3, Vec::new())]), unknown)?;
    apply(refused()?, SeccompAction::Errno(libc::EPERM.unsigned_abs()))
}

fn refused() -> Result<BTreeMap<i64, Vec<Rule>>, WallError> {
    let always = REFUSED.iter().map(|&call| (call, Vec::new()));
    let mut rules: BTreeMap<i64, Vec<Rule>> = always.collect();
    let thread = u64::from(libc::CLONE_THREAD.unsigned_abs());
    rules.insert(libc::SYS_clone, vec![rule(&[(0, Compare::MaskedEq(thread), 0)])?]);
    // Signals within the process are how it aborts.
    rules.insert(libc::SYS_tgkill, vec![rule(&[(0, Compare::Ne, u64::from(process::id()))])?]);
    // Sockets are set not to block by this; terminals are driven by it.
    let harmless = [libc::FIONBIO, libc::FIONREAD, libc::FIOCLEX];
    let others: Vec<_> = harmless.iter().map(|&request| (1, Compare::Ne, request)).collect();
    rules.insert(libc::SYS_ioctl, vec![rule(&others)?]);
    Ok(rules)
}

/// Matches calls whose arguments all compare so. Arguments are looked at in their lower half, which is all that these
/// calls have.
fn rule(conditions: &[(u8, Compare, u64)]) -> Result<Rule, WallError> {
    let conditions = conditions
        .iter()
        .map(|(argument, compare, value)| Condition::new(*argument, Length::Dword, compare.clone(), *value));
    let conditions = conditions.collect::<Result<Vec<_>, _>>().map_err(wall_error)?;
    Rule::new(conditions).map_err(wall_error)
}

fn apply(rules: BTreeMap<i64, Vec<Rule>>, action: SeccompAction) -> Result<(), WallError> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(wall_error)?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, action, arch).map_err(wall_error)?;
    let program: BpfProgram = filter.try_into().map_err(wall_error)?;
    seccompiler::apply_filter_all_threads(&program).map_err(wall_error)
}

fn wall_error(error: impl std::fmt::Display) -> WallError {
    WallError(error.to_string())
}
