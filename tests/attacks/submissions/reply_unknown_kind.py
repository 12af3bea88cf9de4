"""Sends values of kinds that there are not."""

from attacker import message, reply


def attack(x):
    reply({"tensors": [], "message": message(value={"pickle": "gASVFA=="})})


def before(x):
    return x + 1


def after(x):
    return x * 2
