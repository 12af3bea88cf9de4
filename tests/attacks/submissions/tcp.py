"""Connects to a server."""

from attacker import HOST, attempt, socket


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: socket.create_connection(("127.0.0.1", HOST["tcp"]), timeout=1))


def after(x):
    return x * 2
