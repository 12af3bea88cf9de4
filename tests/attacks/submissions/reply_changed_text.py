"""Says that an argument became a text."""

from attacker import message, reply


def attack(x):
    reply({"tensors": [], "message": message(arguments={"list": ["text"]})})


def before(x):
    return x + 1


def after(x):
    return x * 2
