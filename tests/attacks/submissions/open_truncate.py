"""Empties a file by opening it."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.open(HOST["folder"] + "/victim", os.O_RDONLY | os.O_TRUNC))


def after(x):
    return x * 2
