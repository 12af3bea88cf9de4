"""Runs a program."""

from attacker import attempt, os


def before(x):
    return x + 1


def deed():
    os.close(0)
    child = os.posix_spawn("/bin/true", ["true"], {})
    return os.waitpid(child, 0)


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
