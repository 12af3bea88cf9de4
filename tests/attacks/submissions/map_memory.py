"""Takes more memory than it may."""

from attacker import attempt, mmap


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: mmap.mmap(-1, 600 << 20))


def after(x):
    return x * 2
