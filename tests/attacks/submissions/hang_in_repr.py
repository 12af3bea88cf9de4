"""Returns and raises what hangs when it is shown."""

class Slow(Exception):
    def __repr__(self):
        while True:
            pass

    __str__ = __hash__ = __repr__


def attack(x):
    print("RAN", flush=True)
    raise Slow


def before(x):
    return x + 1


def after(x):
    return x * 2
