"""Reads a check."""

from attacker import HOST, attempt


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: open(HOST["check"]).read())


def after(x):
    return x * 2
