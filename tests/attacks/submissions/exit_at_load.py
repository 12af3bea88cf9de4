"""Exits while its definitions are run."""

import os

value = [print("RAN", flush=True), os._exit(0)]


def attack(x):
    return value


def before(x):
    return x + 1


def after(x):
    return x * 2
