"""Writes to the answers."""

from attacker import HOST, attempt


def before(x):
    return x + 1


def deed():
    with open(HOST["folder"] + "/victim", "r+") as file:
        file.write("forged")


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
