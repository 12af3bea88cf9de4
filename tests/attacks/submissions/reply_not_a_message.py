"""Answers with a bare list."""

from attacker import reply


def attack(x):
    reply(b"[1, 2, 3]")


def before(x):
    return x + 1


def after(x):
    return x * 2
