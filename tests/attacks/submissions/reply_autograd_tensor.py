"""Sends a tensor as what autograd did."""

from attacker import message, reply


def attack(x):
    reply({"tensors": [["float32", [1]]], "message": message(note={"list": ["attack", {"tensor": 0}]})}, b"\0" * 4, then_hang=False)


def before(x):
    return x + 1


def after(x):
    return x * 2
