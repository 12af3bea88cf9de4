"""Signals every process there is."""

from attacker import attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.kill(-1, 0))


def after(x):
    return x * 2
