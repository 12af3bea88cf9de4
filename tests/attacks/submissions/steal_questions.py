"""Reads the next questions itself."""

from attacker import os, time


def attack(x):
    print("RAN", flush=True)
    os.set_blocking(3, False)
    while True:
        try:
            os.read(3, 1 << 20)
        except OSError:
            time.sleep(0.01)


def before(x):
    return x + 1


def after(x):
    return x * 2
