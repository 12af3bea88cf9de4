"""Returns a generator without end."""

def endless(x):
    while True:
        yield x


def attack(x):
    print("RAN", flush=True)
    return endless(x)


def before(x):
    return x + 1


def after(x):
    return x * 2
