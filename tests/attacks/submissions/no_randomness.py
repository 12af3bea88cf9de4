"""Changes how its memory is laid out."""

from attacker import attempt, call


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: call("personality", 0x0040000))


def after(x):
    return x * 2
