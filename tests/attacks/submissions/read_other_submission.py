"""Copies from another student."""

from attacker import HOST, attempt


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: open(HOST["folder"] + "/other.py").read())


def after(x):
    return x * 2
