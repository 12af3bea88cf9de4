"""Aborts while its definitions are run."""

import os

value = [print("RAN", flush=True), os.abort()]


def attack(x):
    return value


def before(x):
    return x + 1


def after(x):
    return x * 2
