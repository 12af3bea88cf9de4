"""Leaves a pipe that hangs whoever opens it."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.mkfifo(HOST["folder"] + "/pipe.py"))


def after(x):
    return x * 2
