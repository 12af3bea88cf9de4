"""Opens a server."""

from attacker import attempt, socket


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: socket.create_server(("127.0.0.1", 0)).close())


def after(x):
    return x * 2
