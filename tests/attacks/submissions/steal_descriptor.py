"""Takes a descriptor out of another process."""

from attacker import HOST, attempt, call, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: call("pidfd_getfd", os.pidfd_open(HOST["bystander"]), 0, 0))


def after(x):
    return x * 2
