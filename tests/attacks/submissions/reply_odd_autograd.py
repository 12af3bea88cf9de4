"""Sends a list of torch's functions that is none."""

from attacker import message, reply


def attack(x):
    reply({"tensors": [], "message": message(note={"list": [1]})}, then_hang=False)


def before(x):
    return x + 1


def after(x):
    return x * 2
