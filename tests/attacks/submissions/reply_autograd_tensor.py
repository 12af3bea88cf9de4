"""Sends a tensor as what autograd did."""

from attacker import message, reply


def attack(x):
    reply({"tensors": [["float32", [1]]], "message": message(autograd={"dict": [["attack", {"tensor": 0}]]})}, b"\0" * 4)


def before(x):
    return x + 1


def after(x):
    return x * 2
