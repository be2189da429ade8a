//! The walls of a child process: what the operating system refuses it from the moment in which it serves.
//!
//! A task has no way to ask for any of this: neither the language nor the engine has one. The walls are for the day on
//! which one of them turns out to be wrong. They are filters of system calls (seccomp), set for all threads, which nothing
//! in the process can take off again; setting them also gives up new privileges for good.

use std::{collections::BTreeMap, process};

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Length, SeccompCmpOp as Compare, SeccompCondition as Condition,
    SeccompFilter, SeccompRule as Rule, TargetArch, sock_filter as Instruction,
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
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    FCHMODAT2,
    libc::SYS_name_to_handle_at,
    libc::SYS_quotactl,
    libc::SYS_acct,
    libc::SYS_chdir,
    libc::SYS_fchdir,
    libc::SYS_chroot,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_mount_setattr,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
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
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_kcmp,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    libc::SYS_ioprio_set,
    // What processes of one user share by name.
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_semtimedop,
    libc::SYS_semctl,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgrcv,
    libc::SYS_msgctl,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
    // Other users and places.
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setgroups,
    libc::SYS_setfsuid,
    libc::SYS_setfsgid,
    libc::SYS_capset,
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
    libc::SYS_swapoff,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_syslog,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
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
    libc::SYS_utime,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utimes,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_futimesat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_inotify_init,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_uselib,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_kexec_file_load,
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

/// Not in all of the libraries that name these calls.
const FCHMODAT2: i64 = 452;

/// The commands of `fcntl` that say whom a descriptor signals, and with what: `F_SETOWN`, `F_SETSIG`, `F_SETOWN_EX` and
/// `F_NOTIFY`.
const SIGNALS: [u64; 4] = [8, 10, 15, 1026];

/// The largest number of a call that was looked at for the list above: that of `mseal`.
const KNOWN_MAX: u32 = 462;

/// Answers that there is no such call if its number is larger: what came to Linux later may reach anywhere, and so may the
/// calls of x32, whose numbers have a high bit set.
const UNKNOWN: [Instruction; 4] = [
    // Load the number.
    Instruction { code: 0x20, jt: 0, jf: 0, k: 0 },
    // If it is not larger, skip one instruction.
    Instruction { code: 0x25, jt: 0, jf: 1, k: KNOWN_MAX },
    // Return the error ENOSYS.
    Instruction { code: 0x06, jt: 0, jf: 0, k: 0x0005_0000 | libc::ENOSYS.unsigned_abs() },
    // Allow it.
    Instruction { code: 0x06, jt: 0, jf: 0, k: 0x7fff_0000 },
];

/// Builds the walls around this process. They stay for as long as it lives.
pub(super) fn build() -> Result<(), WallError> {
    // A new thread is asked for by `clone3` first, whose flags a filter cannot see: without it `clone` is used, and its
    // flags tell threads from processes.
    let unknown = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    apply(BTreeMap::from([(libc::SYS_clone3, Vec::new())]), unknown)?;
    seccompiler::apply_filter_all_threads(&UNKNOWN).map_err(wall_error)?;
    apply(refused()?, SeccompAction::Errno(libc::EPERM.unsigned_abs()))
}

fn refused() -> Result<BTreeMap<i64, Vec<Rule>>, WallError> {
    let always = REFUSED.iter().map(|&call| (call, Vec::new()));
    let mut rules: BTreeMap<i64, Vec<Rule>> = always.collect();
    let thread = u64::from(libc::CLONE_THREAD.unsigned_abs());
    rules.insert(libc::SYS_clone, vec![rule(&[(0, Compare::MaskedEq(thread), 0)])?]);
    // Signals within the process are how it aborts.
    rules.insert(libc::SYS_tgkill, vec![rule(&[(0, Compare::Ne, u64::from(process::id()))])?]);
    // Of this process, it may; which process another number means does not matter.
    let others = rule(&[(0, Compare::Ne, 0)])?;
    for call in [
        libc::SYS_prlimit64,
        libc::SYS_sched_setaffinity,
        libc::SYS_sched_setattr,
        libc::SYS_sched_setparam,
        libc::SYS_sched_setscheduler,
    ] {
        rules.insert(call, vec![others.clone()]);
    }
    rules.insert(libc::SYS_setpriority, vec![others, rule(&[(1, Compare::Ne, 0)])?]);
    let signals = SIGNALS.into_iter().map(|command| rule(&[(1, Compare::Eq, command)]));
    rules.insert(libc::SYS_fcntl, signals.collect::<Result<_, _>>()?);
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
