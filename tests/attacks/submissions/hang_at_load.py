"""Hangs while its definitions are run."""

value = [print("RAN", flush=True)] + [sum(iter(int, 1))]


def attack(x):
    return value


def before(x):
    return x + 1


def after(x):
    return x * 2
