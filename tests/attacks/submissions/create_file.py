"""Creates a file beside the submissions."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.open(HOST["folder"] + "/new", os.O_CREAT))


def after(x):
    return x * 2
