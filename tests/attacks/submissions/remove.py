"""Removes a file."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.unlink(HOST["folder"] + "/victim"))


def after(x):
    return x * 2
