"""Stops its process, so that it neither runs nor ends."""

import os
import signal


def attack(x):
    print("RAN", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)


def before(x):
    return x + 1


def after(x):
    return x * 2
