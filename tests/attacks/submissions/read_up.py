"""Walks up from a folder that may be read."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: open(os.path.dirname(os.__file__) + "/" + os.path.relpath(HOST["solution"], os.path.dirname(os.__file__))).read())


def after(x):
    return x * 2
