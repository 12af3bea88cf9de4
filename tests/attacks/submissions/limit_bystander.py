"""Lowers a limit of another process."""

from attacker import HOST, attempt, resource


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: resource.prlimit(HOST["bystander"], resource.RLIMIT_CORE, (0, 0)))


def after(x):
    return x * 2
