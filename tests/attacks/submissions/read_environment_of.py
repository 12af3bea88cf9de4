"""Reads the environment of the instructor's process."""

from attacker import HOST, attempt


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: open(f"/proc/{HOST['bystander']}/environ").read())


def after(x):
    return x * 2
