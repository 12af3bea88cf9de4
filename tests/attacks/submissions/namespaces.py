"""Becomes root of a namespace of its own."""

from attacker import attempt, call


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: call("unshare", 0x10000000))


def after(x):
    return x * 2
