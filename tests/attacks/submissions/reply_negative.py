"""Announces a tensor of negative extents."""

from attacker import reply


def attack(x):
    reply({"tensors": [["float32", [-1, -4]]], "message": None}, b"1234" * 4)


def before(x):
    return x + 1


def after(x):
    return x * 2
