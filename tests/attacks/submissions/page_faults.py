"""Handles its own page faults, as exploits do."""

from attacker import attempt, call


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: call("userfaultfd", 1))


def after(x):
    return x * 2
