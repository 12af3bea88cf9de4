"""Leaves a queue of messages."""

from attacker import attempt, call


def before(x):
    return x + 1


def deed():
    queue = call("msgget", 0, 0o1600)
    return call("msgctl", queue, 0, 0)


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
