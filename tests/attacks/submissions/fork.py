"""Forks."""

from attacker import attempt, os


def before(x):
    return x + 1


def deed():
    child = os.fork()
    if child == 0:
        os._exit(0)
    return os.waitpid(child, 0)


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
