"""Computes in a process of its own."""

from attacker import attempt


def before(x):
    return x + 1


def deed():
    from multiprocessing import get_context

    child = get_context("fork").Process(target=int)
    child.start()
    child.join()
    return child.exitcode == 0 or 1 / 0


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
