"""Sends truth values that are 7."""

from attacker import message, reply


def attack(x):
    reply({"tensors": [["bool", [5]]], "message": message(value={"tensor": 0}, error=None, arguments={"list": [{"tensor": 0}]})}, b"\7" * 5, then_hang=False)


def before(x):
    return x + 1


def after(x):
    return x * 2
