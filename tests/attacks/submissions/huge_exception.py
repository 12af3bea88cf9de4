"""Raises with a text of a hundred megabytes."""

def attack(x):
    print("RAN", flush=True)
    raise ValueError("x" * 100_000_000)


def before(x):
    return x + 1


def after(x):
    return x * 2
