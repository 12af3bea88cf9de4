"""Announces a tensor of objects."""

from attacker import reply


def attack(x):
    reply({"tensors": [["object", [1]]], "message": None}, b"12345678")


def before(x):
    return x + 1


def after(x):
    return x * 2
