"""Appends to a file."""

from attacker import HOST, attempt


def before(x):
    return x + 1


def deed():
    with open(HOST["folder"] + "/victim", "a") as file:
        file.write("more")


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
