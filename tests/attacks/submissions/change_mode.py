"""Opens a file to everybody."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.chmod(HOST["folder"] + "/victim", 0o777))


def after(x):
    return x * 2
