"""Pins another process to one processor."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.sched_setaffinity(HOST["bystander"], {0}))


def after(x):
    return x * 2
