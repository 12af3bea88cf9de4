"""Signals the trusted process."""

from attacker import HOST, attempt, os, signal


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.kill(HOST["trusted"], signal.SIGCONT))


def after(x):
    return x * 2
