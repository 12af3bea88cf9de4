"""Makes what it prints its answer."""

from attacker import os


def attack(x):
    print("RAN", flush=True)
    os.dup2(4, 1)
    print("right, right, right", flush=True)
    return x


def before(x):
    return x + 1


def after(x):
    return x * 2
