"""Writes numbers of a million digits."""

from attacker import reply


def attack(x):
    reply(b'{"tensors":[],"message":{"list":[1e999,' + b"9" * 1_000_000 + b"]}}")


def before(x):
    return x + 1


def after(x):
    return x * 2
