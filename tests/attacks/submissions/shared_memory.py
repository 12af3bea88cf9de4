"""Leaves a segment of shared memory."""

from attacker import attempt, call


def before(x):
    return x + 1


def deed():
    segment = call("shmget", 0, 4096, 0o1600)
    return call("shmctl", segment, 0, 0)


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
