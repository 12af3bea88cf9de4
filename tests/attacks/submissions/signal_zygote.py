"""Signals the zygote."""

from attacker import attempt, os, signal


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.kill(os.getppid(), signal.SIGCONT))


def after(x):
    return x * 2
