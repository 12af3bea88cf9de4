"""Makes a folder."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.mkdir(HOST["folder"] + "/new"))


def after(x):
    return x * 2
