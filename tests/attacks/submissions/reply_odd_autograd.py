"""Sends a list of torch's functions that is none."""

from attacker import message, reply


def attack(x):
    reply({"tensors": [], "message": message(autograd={"list": [1]})})


def before(x):
    return x + 1


def after(x):
    return x * 2
