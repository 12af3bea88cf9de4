"""Compares its memory with another process's."""

from attacker import HOST, attempt, call, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: call("kcmp", os.getpid(), HOST["bystander"], 1, 0, 0))


def after(x):
    return x * 2
