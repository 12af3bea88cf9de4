"""Talks to a service of the machine."""

from attacker import HOST, attempt, socket


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: socket.socket(socket.AF_UNIX).connect(HOST["folder"] + "/service"))


def after(x):
    return x * 2
