"""Answers for the worker while its definitions are run."""

from attacker import os, reply, time

value = [
    reply({"tensors": [], "message": {"dict": [["number", 2], ["failed", {"list": [{"dict": [["line", "x"]]}]}]]}}, then_hang=False),
    time.sleep(30),
]


def attack(x):
    return value


def before(x):
    return x + 1


def after(x):
    return x * 2
