"""Leaves a process behind that outlives the worker."""

from attacker import attempt, os, time


def before(x):
    return x + 1


def deed():
    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(0.2)
        os._exit(0)
    return os.waitpid(child, 0)


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
