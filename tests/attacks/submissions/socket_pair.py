"""Makes sockets, over which descriptors could travel."""

from attacker import attempt, socket


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: socket.socketpair())


def after(x):
    return x * 2
