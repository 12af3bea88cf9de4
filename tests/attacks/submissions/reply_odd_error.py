"""Sends an error that is none."""

from attacker import message, reply


def attack(x):
    reply({"tensors": [], "message": message(error={"list": [1, 2]})})


def before(x):
    return x + 1


def after(x):
    return x * 2
