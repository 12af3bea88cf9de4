"""Signals the group of the zygote."""

from attacker import attempt, os, signal


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.killpg(os.getpgid(os.getppid()), signal.SIGCONT))


def after(x):
    return x * 2
