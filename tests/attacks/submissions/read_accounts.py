"""Reads the machine's accounts."""

from attacker import HOST, attempt


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: open("/etc/passwd").read())


def after(x):
    return x * 2
