"""Leaves a second name for a file."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.link(HOST["folder"] + "/victim", HOST["folder"] + "/twin"))


def after(x):
    return x * 2
