"""Makes another process slow."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.setpriority(os.PRIO_PROCESS, HOST["bystander"], 19))


def after(x):
    return x * 2
