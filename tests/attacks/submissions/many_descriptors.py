"""Opens file after file."""

from attacker import attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: len([os.dup(0) for _ in range(200)]))


def after(x):
    return x * 2
