"""Reads which command the instructor ran."""

from attacker import HOST, attempt


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: open(f"/proc/{HOST['trusted']}/cmdline").read())


def after(x):
    return x * 2
