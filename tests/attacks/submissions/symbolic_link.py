"""Leaves a symbolic link for the grader to follow."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.symlink(HOST["solution"], HOST["folder"] + "/link.py"))


def after(x):
    return x * 2
