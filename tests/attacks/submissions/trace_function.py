"""Traces, profiles and audits all that the worker does."""

import sys


def spy(*a):
    raise RuntimeError("traced")


def attack(x):
    print("RAN", flush=True)
    sys.addaudithook(spy)
    sys.settrace(spy)
    sys.setprofile(spy)
    return x


def before(x):
    return x + 1


def after(x):
    return x * 2
