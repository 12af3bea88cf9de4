"""Sets an extended attribute."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.setxattr(HOST["folder"] + "/victim", "user.grade", b"20"))


def after(x):
    return x * 2
