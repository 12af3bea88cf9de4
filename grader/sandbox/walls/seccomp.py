"""Which system calls a worker may make: a seccomp filter, built as plain data and then installed.

A call in neither list gets ENOSYS, as on an older kernel, so that the C library falls back from newer calls
(clone3, openat2), whose arguments a filter cannot see, to older ones.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Sequence

from grader.sandbox.walls import system_calls

ALLOWED = """
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close close_range dup dup2
dup3 fstat stat lstat newfstatat statx access faccessat faccessat2 open openat readlink readlinkat getcwd
chdir fchdir getdents getdents64 statfs fstatfs mkdir mkdirat unlink unlinkat rmdir rename renameat
renameat2 ftruncate fallocate fsync fdatasync fadvise64 flock umask copy_file_range sendfile mmap munmap
mprotect mremap madvise brk mincore msync poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl
epoll_wait epoll_pwait epoll_pwait2 eventfd2 pipe pipe2 timerfd_create timerfd_settime timerfd_gettime
futex futex_waitv set_robust_list get_robust_list rseq set_tid_address membarrier sched_yield
sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min getcpu
restart_syscall rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend
sigaltstack pause alarm setitimer getitimer timer_create timer_settime timer_gettime timer_getoverrun
timer_delete nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time times getpid getppid
gettid getuid geteuid getgid getegid getgroups getresuid getresgid getpgrp getpgid getsid getpriority
getrlimit getrusage uname sysinfo getrandom exit exit_group arch_prctl map_shadow_stack
"""

# a student reads this as a PermissionError
DENIED = """
socket socketpair connect bind listen accept accept4 sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg
shutdown getsockopt setsockopt getsockname getpeername execve execveat fork vfork tkill rt_sigqueueinfo
rt_tgsigqueueinfo pidfd_open pidfd_getfd pidfd_send_signal ptrace process_vm_readv process_vm_writev
process_madvise process_mrelease kcmp setrlimit setpriority sched_setaffinity sched_setscheduler
sched_setparam sched_setattr ioprio_set migrate_pages move_pages mbind set_mempolicy
set_mempolicy_home_node mlock mlock2 mlockall setpgid setsid chmod fchmod fchmodat fchmodat2 chown fchown
lchown fchownat utime utimes utimensat futimesat setxattr lsetxattr fsetxattr removexattr lremovexattr
fremovexattr truncate symlink symlinkat link linkat mknod mknodat chroot pivot_root mount umount2
move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr unshare setns name_to_handle_at
open_by_handle_at inotify_init inotify_init1 inotify_add_watch fanotify_init fanotify_mark quotactl
quotactl_fd acct swapon swapoff sync syncfs memfd_create memfd_secret shmget shmat shmctl shmdt semget
semop semtimedop semctl msgget msgsnd msgrcv msgctl mq_open mq_unlink mq_timedsend mq_timedreceive
mq_notify mq_getsetattr add_key request_key keyctl bpf perf_event_open userfaultfd io_uring_setup
io_uring_enter io_uring_register io_setup io_submit io_destroy io_getevents io_cancel seccomp
landlock_create_ruleset landlock_add_rule landlock_restrict_self personality modify_ldt iopl ioperm
vmsplice splice tee remap_file_pages setuid setgid setreuid setregid setresuid setresgid setgroups
setfsuid setfsgid capset init_module finit_module delete_module kexec_load kexec_file_load reboot
sethostname setdomainname settimeofday clock_settime clock_adjtime adjtimex syslog vhangup
"""

# Denied besides where Landlock is missing: what opens a file or changes a folder.
PATHS = """
open openat mkdir mkdirat unlink unlinkat rmdir rename renameat renameat2
"""

# Calls that an argument decides about: lists of what is allowed.
# DUPFD, GETFD to SETFL, the locks, DUPFD_CLOEXEC, GETPIPE_SZ
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032)
# TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
# GET_DUMPABLE, SET_NAME, GET_NAME, CAPBSET_READ, SET_VMA
_PRCTL = (3, 15, 16, 23, 0x53564D41)
_CLONE_THREAD = 0x10000
_O_TRUNC = 0x200

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_*
_X32 = 0x40000000  # x86_64's second set of numbers, the same architecture to a filter

_ANY_PID = 0xFFFFFFFF  # stands for the worker's, which is filled in last
_SET_MODE_FILTER, _GET_ACTION_AVAIL = 1, 2  # seccomp's operations

Instruction = tuple[
    int, int, int, int
]  # code, jump if true, jump if false, constant
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data

_ALLOW: Instruction = (_RETURN, 0, 0, 0x7FFF0000)
_KILL: Instruction = (_RETURN, 0, 0, 0x80000000)


def _fail(error: int) -> Instruction:
    return (_RETURN, 0, 0, 0x00050000 | error)


_DENY, _ABSENT = _fail(errno.EPERM), _fail(errno.ENOSYS)


def _argument(index: int, high: bool = False) -> Instruction:
    """Load the low or high half of an argument; what the kernel reads as an int has no high half."""
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * index + 4 * high)


def _one_of(index: int, values: Sequence[int]) -> list[Instruction]:
    """Allow the call where the argument is one of these, else deny it."""
    instructions = [_argument(index)]
    # how far _ALLOW is from the first test; one less from each that follows
    to_allow = len(values)
    for value in values:
        instructions.append((_EQUAL, to_allow, 0, value))
        to_allow -= 1
    return [*instructions, _DENY, _ALLOW]


def _without_bits(index: int, bits: int) -> list[Instruction]:
    return [_argument(index), (_ANY_BIT, 0, 1, bits), _DENY, _ALLOW]


def _same_rule(
    names: str, outcome: Instruction
) -> dict[str, list[Instruction]]:
    """For each of these calls, whatever its arguments."""
    rules = {}
    for name in names.split():
        rules[name] = [outcome]
    return rules


def _rules(pid: int) -> dict[str, list[Instruction]]:
    return {
        "kill": _one_of(0, (pid,)),
        "tgkill": _one_of(0, (pid,)),
        "fcntl": _one_of(1, _FCNTL),
        "ioctl": _one_of(1, _IOCTL),
        "prctl": _one_of(0, _PRCTL),
        # EAGAIN is what a program that can do without one more thread is ready for
        "clone": [
            _argument(0),
            (_ANY_BIT, 0, 1, _CLONE_THREAD),
            _fail(errno.EAGAIN),
            _DENY,
        ],
        # limits can be read (of process 0 or the own pid, the new limit a null pointer), not set
        "prlimit64": [
            _argument(2),
            (_EQUAL, 0, 5, 0),
            _argument(2, high=True),
            (_EQUAL, 0, 3, 0),
            _argument(0),
            (_EQUAL, 2, 0, 0),
            (_EQUAL, 1, 0, pid),
            _DENY,
            _ALLOW,
        ],
    }


def program(
    machine: str,
    pid: int,
    *,
    deny_open: bool = False,
    deny_truncate: bool = False,
) -> list[Instruction]:
    """The filter for the process `pid`, as instructions of classic BPF.

    deny_open: deny opening files and changing folders, where Landlock cannot. deny_truncate: deny emptying a
    file by opening it, for which the right to read is enough before Landlock's ABI 3.
    """
    table = system_calls.TABLES[machine]
    rules = _same_rule(ALLOWED, _ALLOW)
    rules |= _same_rule(DENIED, _DENY)
    rules |= _rules(pid)
    if deny_truncate:
        rules |= {
            "open": _without_bits(1, _O_TRUNC),
            "openat": _without_bits(2, _O_TRUNC),
        }
    if deny_open:
        rules |= _same_rule(PATHS, _DENY)
    by_number = {}
    for name, rule in rules.items():
        # aarch64 lacks many of the old calls
        if name in table:
            by_number[table[name]] = rule
    # a call's number means nothing before its architecture is known
    wrong_architecture = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        _KILL,
    ]
    return [*wrong_architecture, (_LOAD, 0, 0, _NUMBER), *_dispatch(by_number)]


def _dispatch(by_number: dict[int, list[Instruction]]) -> list[Instruction]:
    """Look a call's rule up by its number, from the greatest number down.

    A step is taken by all numbers from its own up to that of the step before it.
    """
    steps: list[tuple[int, list[Instruction]]] = [(_X32, [_KILL])]
    for number in range(max(by_number) + 1, -1, -1):
        rule = by_number.get(number, [_ABSENT])
        if steps[-1][1] == rule:
            steps.pop()
        steps.append((number, rule))
    instructions: list[Instruction] = []
    for start, rule in steps[:-1]:
        instructions += [(_AT_LEAST, 0, len(rule), start), *rule]
    return instructions + steps[-1][1]


def unavailable() -> str | None:
    """Why this machine cannot filter system calls, None where it can."""
    if not system_calls.numbers():
        return f"no table of system calls for {platform.system()} on {platform.machine()}"
    kill = ctypes.c_uint32(_KILL[3])
    if _seccomp(_GET_ACTION_AVAIL, ctypes.byref(kill)):
        return "this kernel has no seccomp filters"
    return None


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


class Filter:
    """A program of this machine, built ahead of the process that it is for."""

    def __init__(self, *, deny_open: bool, deny_truncate: bool) -> None:
        self._program = program(
            platform.machine(),
            _ANY_PID,
            deny_open=deny_open,
            deny_truncate=deny_truncate,
        )
        self._code = bytearray()
        for instruction in self._program:
            self._code += struct.pack("=HBBI", *instruction)

    def install(self, pid: int) -> None:
        """Filter this process's system calls from now on; `pid` is its own.

        Raises OSError. Needs no_new_privs, or root.
        """
        for i, (code, _, _, constant) in enumerate(self._program):
            if code == _EQUAL and constant == _ANY_PID:
                struct.pack_into("=I", self._code, 8 * i + 4, pid)
        whole = _Program(len(self._program), bytes(self._code))
        if _seccomp(_SET_MODE_FILTER, ctypes.byref(whole)):
            raise OSError(ctypes.get_errno(), "seccomp")


def _seccomp(operation: int, argument: object) -> int:
    number = ctypes.c_long(system_calls.numbers()["seccomp"])
    no_flags = ctypes.c_long(0)
    result = _LIBC.syscall(
        number, ctypes.c_long(operation), no_flags, argument
    )
    return int(result)


_LIBC = ctypes.CDLL(None, use_errno=True)
