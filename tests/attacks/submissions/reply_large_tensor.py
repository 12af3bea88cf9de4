"""Announces a tensor of a terabyte."""

from attacker import reply


def attack(x):
    reply({"tensors": [["float32", [1 << 19, 1 << 19]]], "message": None})


def before(x):
    return x + 1


def after(x):
    return x * 2
