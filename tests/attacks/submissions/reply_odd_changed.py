"""Says that arguments changed which there are not."""

from attacker import message, reply


def attack(x):
    reply({"tensors": [["float32", [1]]], "message": message(arguments={"list": [{"tensor": 0}] * 7})}, b"1234")


def before(x):
    return x + 1


def after(x):
    return x * 2
