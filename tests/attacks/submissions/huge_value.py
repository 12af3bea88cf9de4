"""Returns a list of millions."""

def attack(x):
    print("RAN", flush=True)
    return [0.5] * 3_000_000


def before(x):
    return x + 1


def after(x):
    return x * 2
