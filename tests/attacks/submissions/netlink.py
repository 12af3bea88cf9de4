"""Asks the kernel about the network."""

from attacker import attempt, socket


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: socket.socket(16, socket.SOCK_RAW, 0).bind((0, 0)))


def after(x):
    return x * 2
