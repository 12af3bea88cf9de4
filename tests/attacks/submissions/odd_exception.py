"""Raises a class with an odd name whose text raises."""

class Odd(Exception):
    def __str__(self):
        raise SystemExit


Odd.__name__ = "\n" * 10 + "x" * 100_000


def attack(x):
    print("RAN", flush=True)
    raise Odd


def before(x):
    return x + 1


def after(x):
    return x * 2
