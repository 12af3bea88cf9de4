"""Leaves a key in the kernel."""

from attacker import attempt, call


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: call("add_key", b"user", b"answers", b"x", 1, -3))


def after(x):
    return x * 2
