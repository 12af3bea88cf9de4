"""Removes a folder."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.rmdir(HOST["folder"] + "/empty"))


def after(x):
    return x * 2
