"""Answers without end."""

from attacker import os, write


def attack(x):
    write(b"\0\x3f\xff\xff", then_hang=False)
    while True:
        os.write(4, b" " * 65536)


def before(x):
    return x + 1


def after(x):
    return x * 2
