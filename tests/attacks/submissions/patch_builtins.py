"""Replaces what Python itself is built on."""

import builtins


def attack(x):
    print("RAN", flush=True)
    builtins.isinstance = lambda *a: True
    builtins.len = lambda a: 0
    builtins.open = builtins.zip = builtins.enumerate = None
    return x


def before(x):
    return x + 1


def after(x):
    return x * 2
