"""Has the kernel signal a process for it."""

from attacker import attempt, fcntl, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid()))


def after(x):
    return x * 2
