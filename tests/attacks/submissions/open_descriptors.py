"""Looks for descriptors that were left open."""

from attacker import attempt, os


def deed():
    found = []
    for descriptor in range(5, 4096):
        try:
            found.append((descriptor, os.fstat(descriptor)))
        except OSError:
            pass
    return found[0]


def attack(x):
    attempt(deed)


def before(x):
    return x + 1


def after(x):
    return x * 2
