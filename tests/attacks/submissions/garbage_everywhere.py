"""Writes garbage to every descriptor."""

from attacker import os, write


def attack(x):
    print("RAN", flush=True)
    for descriptor in range(64):
        try:
            os.write(descriptor, b"\xff" * 100)
        except OSError:
            pass
    return x


def before(x):
    return x + 1


def after(x):
    return x * 2
