"""Answers another question."""

from attacker import message, reply


def attack(x):
    reply({"tensors": [], "message": message(number=7)})


def before(x):
    return x + 1


def after(x):
    return x * 2
