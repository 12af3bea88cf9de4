"""Signals another student's worker, which the zygote made before."""

from attacker import attempt, os, signal


def before(x):
    return x + 1


def deed():
    reached = []
    for process in range(os.getppid() + 1, os.getpid()):
        try:
            os.kill(process, signal.SIGCONT)
            reached.append(process)
        except OSError:
            pass
    return reached[0]


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
