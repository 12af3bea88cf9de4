"""Renames a file."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.rename(HOST["folder"] + "/victim", HOST["folder"] + "/moved"))


def after(x):
    return x * 2
