"""Signals another student's worker, which the zygote made before.

That one's number is soon after the zygote's; after the last number of all, the kernel goes on from 300.
"""

from attacker import attempt, os, signal


def before(x):
    return x + 1


def deed():
    soon = range(os.getppid() + 1, os.getppid() + 5_000)
    for process in (*soon, *range(300, 5_000)):
        try:
            if process != os.getpid():
                os.kill(process, signal.SIGCONT)
                return process
        except OSError:
            pass
    raise ProcessLookupError("nobody could be signalled")


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
