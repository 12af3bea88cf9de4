"""Lists the other submissions."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.listdir(HOST["folder"]))


def after(x):
    return x * 2
