"""Prints and raises what would rewrite the terminal."""

def attack(x):
    print("RAN", flush=True)
    print("\x1b[2J\x1b[H\x1b]0;owned\x07 3 / 3 \x9b31m")
    raise ValueError("\x1b[2J\x1b]8;;http://example.org\x07 full marks \x1b[0m\r\n::error::x")


def before(x):
    return x + 1


def after(x):
    return x * 2
