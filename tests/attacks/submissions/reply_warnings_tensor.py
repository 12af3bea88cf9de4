"""Sends a tensor as the warnings."""

from attacker import message, reply


def attack(x):
    reply({"tensors": [["float32", [1]]], "message": message(warnings={"tensor": 0})}, b"\0" * 4)


def before(x):
    return x + 1


def after(x):
    return x * 2
