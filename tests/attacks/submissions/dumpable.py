"""Lets itself be traced again."""

from attacker import attempt, call


def before(x):
    return x + 1


def deed():
    call("prctl", 4, 1, 0, 0, 0)


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
