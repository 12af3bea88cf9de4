"""Makes a file in memory, past the limit of file sizes."""

from attacker import attempt, call


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: call("memfd_create", b"x", 0))


def after(x):
    return x * 2
