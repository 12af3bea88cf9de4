"""Sends an error whose frames are none."""

from attacker import message, reply


def attack(x):
    reply({"tensors": [], "message": message(error={"dict": [["kind", "E"], ["text", 7], ["frames", {"list": [1]}]]})})


def before(x):
    return x + 1


def after(x):
    return x * 2
