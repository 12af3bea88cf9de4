"""Hangs while its definitions are run."""

import itertools

value = [print("RAN", flush=True)] + list(itertools.takewhile(lambda n: True, itertools.cycle([0])))


def attack(x):
    return value


def before(x):
    return x + 1


def after(x):
    return x * 2
