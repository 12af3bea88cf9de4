"""Has the compiler compute a huge constant."""

def attack(x):
    print("RAN", flush=True)
    return x * 9**9**9**9


def before(x):
    return x + 1


def after(x):
    return x * 2
