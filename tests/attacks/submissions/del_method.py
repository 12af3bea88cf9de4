"""Leaves an object whose end never ends."""

class Sticky:
    def __del__(self):
        while True:
            pass


def attack(x):
    print("RAN", flush=True)
    return Sticky()


def before(x):
    return x + 1


def after(x):
    return x * 2
