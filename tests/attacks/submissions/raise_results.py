"""Raises what looks like a passed check."""

class Passed(AssertionError):
    outcome = "passed"
    credit = 1.0


Passed.__name__ = Passed.__qualname__ = "Passed"


def attack(x):
    print("RAN", flush=True)
    raise Passed("passed", 1.0)


def before(x):
    return x + 1


def after(x):
    return x * 2
