"""Signals a process of the instructor."""

from attacker import HOST, attempt, os, signal


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.kill(HOST["bystander"], signal.SIGCONT))


def after(x):
    return x * 2
