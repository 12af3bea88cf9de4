"""Answers without saying what."""

from attacker import reply


def attack(x):
    reply({"tensors": [], "message": {"dict": []}})


def before(x):
    return x + 1


def after(x):
    return x * 2
