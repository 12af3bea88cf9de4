"""Sends an error in an infinite line."""

from attacker import message, reply


def attack(x):
    reply({"tensors": [], "message": message(error={"dict": [["kind", "E"], ["text", "t"], ["frames", {"list": [{"list": ["attack", {"float": "inf"}, None]}]}]]})})


def before(x):
    return x + 1


def after(x):
    return x * 2
