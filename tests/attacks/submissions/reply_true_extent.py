"""Announces extents that are no integers."""

from attacker import reply


def attack(x):
    reply({"tensors": [["float32", [True, 1.0]]], "message": None}, b"1234")


def before(x):
    return x + 1


def after(x):
    return x * 2
