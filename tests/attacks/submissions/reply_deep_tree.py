"""Answers with lists in lists."""

from attacker import message, reply


def attack(x):
    tree = None
    for _ in range(400):
        tree = {"list": [tree]}
    reply({"tensors": [], "message": message(value=tree)})


def before(x):
    return x + 1


def after(x):
    return x * 2
