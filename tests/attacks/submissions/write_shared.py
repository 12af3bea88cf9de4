"""Fills a folder where everybody may write."""

from attacker import HOST, attempt


def before(x):
    return x + 1


def deed():
    with open(HOST["shared"] + "/filler", "wb") as file:
        file.write(b"x" * 100_000)


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
