"""Ends its process as if all were well."""

import os


def attack(x):
    print("RAN", flush=True)
    os._exit(0)


def before(x):
    return x + 1


def after(x):
    return x * 2
