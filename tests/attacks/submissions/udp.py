"""Sends a datagram."""

from attacker import HOST, attempt, socket


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"answers", ("127.0.0.1", HOST["udp"])))


def after(x):
    return x * 2
