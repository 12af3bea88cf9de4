"""Aborts."""

import os


def attack(x):
    print("RAN", flush=True)
    os.abort()


def before(x):
    return x + 1


def after(x):
    return x * 2
