"""Refers to tensors that were not sent."""

from attacker import message, reply


def attack(x):
    reply({"tensors": [], "message": message(value={"tensor": -1})})


def before(x):
    return x + 1


def after(x):
    return x * 2
