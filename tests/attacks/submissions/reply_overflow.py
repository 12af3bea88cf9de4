"""Announces extents whose product overflows."""

from attacker import message, reply


def attack(x):
    reply({"tensors": [["float32", [0] + [1 << 27] * 7]], "message": message(value={"tensor": 0})})


def before(x):
    return x + 1


def after(x):
    return x * 2
