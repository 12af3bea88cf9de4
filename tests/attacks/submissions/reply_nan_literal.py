"""Writes NaN and Infinity where JSON has none."""

from attacker import reply


def attack(x):
    reply(b'{"tensors":[],"message":{"list":[NaN,Infinity,-Infinity]}}')


def before(x):
    return x + 1


def after(x):
    return x * 2
