"""Kills itself."""

import os
import signal


def attack(x):
    print("RAN", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


def before(x):
    return x + 1


def after(x):
    return x * 2
