"""Calls itself without end."""

import sys


def attack(x):
    if x is not None:
        print("RAN", flush=True)
    sys.setrecursionlimit(10**9)
    return attack(None) + 1


def before(x):
    return x + 1


def after(x):
    return x * 2
