"""Talks to a service without a file."""

from attacker import HOST, attempt, socket


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: socket.socket(socket.AF_UNIX).connect("\0" + HOST["abstract"]))


def after(x):
    return x * 2
