"""Returns a list that holds itself, many times."""

def attack(x):
    print("RAN", flush=True)
    tangle = []
    tangle.extend([tangle] * 100)
    return tangle


def before(x):
    return x + 1


def after(x):
    return x * 2
