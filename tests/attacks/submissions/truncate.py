"""Empties a file by name."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.truncate(HOST["folder"] + "/victim", 0))


def after(x):
    return x * 2
