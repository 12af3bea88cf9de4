"""Lists the machine's processes."""

from attacker import attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.listdir("/proc"))


def after(x):
    return x * 2
