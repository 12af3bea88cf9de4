"""Catches every exception and goes on."""

def attack(x):
    print("RAN", flush=True)
    while True:
        try:
            while True:
                sum(range(1000))
        except BaseException:
            continue


def before(x):
    return x + 1


def after(x):
    return x * 2
