"""Prints without end."""

def attack(x):
    print("RAN", flush=True)
    while True:
        print("x" * 100_000)


def before(x):
    return x + 1


def after(x):
    return x * 2
