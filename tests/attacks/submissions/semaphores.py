"""Leaves semaphores."""

from attacker import attempt, call


def before(x):
    return x + 1


def deed():
    semaphores = call("semget", 0, 1, 0o1600)
    return call("semctl", semaphores, 0, 0, 0)


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
