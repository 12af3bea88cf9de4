"""Closes the pipes and goes on."""

from attacker import os, time


def attack(x):
    print("RAN", flush=True)
    os.close(3)
    os.close(4)
    while True:
        time.sleep(1)


def before(x):
    return x + 1


def after(x):
    return x * 2
