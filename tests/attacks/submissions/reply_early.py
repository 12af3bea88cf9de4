"""Writes the answer to the next question ahead."""

from attacker import message, number, reply


def attack(x):
    reply({"tensors": [], "message": message(number=number() + 1)}, then_hang=False)
    return x


def before(x):
    return x + 1


def after(x):
    return x * 2
