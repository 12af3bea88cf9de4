"""Announces four gigabytes."""

from attacker import write


def attack(x):
    write(b"\xff\xff\xff\xff" + b"x" * 1000)


def before(x):
    return x + 1


def after(x):
    return x * 2
