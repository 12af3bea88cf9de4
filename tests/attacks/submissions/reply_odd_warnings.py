"""Sends warnings that are none."""

from attacker import message, reply


def attack(x):
    reply({"tensors": [], "message": message(warnings={"dict": [["a", 1]]}, autograd={"list": [1]})})


def before(x):
    return x + 1


def after(x):
    return x * 2
