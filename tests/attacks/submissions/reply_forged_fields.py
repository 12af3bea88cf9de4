"""Adds a score, outcomes and an isolation of its own."""

from attacker import message, reply


def attack(x):
    reply({"tensors": [], "message": message(score=3, outcome="passed", credit=1.0, isolation={"dict": [["seccomp", "forged"]]})}, then_hang=False)


def before(x):
    return x + 1


def after(x):
    return x * 2
