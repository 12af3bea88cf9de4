"""Backdates a file."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.utime(HOST["folder"] + "/victim", (0, 0)))


def after(x):
    return x * 2
