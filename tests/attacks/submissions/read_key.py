"""Reads the instructor's private key."""

from attacker import HOST, attempt


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: open(HOST["folder"] + "/home/.ssh/id_rsa").read())


def after(x):
    return x * 2
