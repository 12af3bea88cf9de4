"""Leaves work for the end of its process."""

import atexit
import time


def attack(x):
    print("RAN", flush=True)
    atexit.register(lambda: (print("PROOF at exit", flush=True), time.sleep(30)))
    raise SystemExit


def before(x):
    return x + 1


def after(x):
    return x * 2
