"""Leaves a socket in a folder."""

from attacker import HOST, attempt, socket


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: socket.socket(socket.AF_UNIX).bind(HOST["folder"] + "/socket"))


def after(x):
    return x * 2
