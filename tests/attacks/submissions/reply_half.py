"""Begins an answer and goes to sleep."""

from attacker import write


def attack(x):
    write(b"\0\0\1\0{")


def before(x):
    return x + 1


def after(x):
    return x * 2
