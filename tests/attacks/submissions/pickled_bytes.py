"""Answers with a pickle instead of a message."""

import pickle

from attacker import reply


def attack(x):
    reply(pickle.dumps(eval), then_hang=False)


def before(x):
    return x + 1


def after(x):
    return x * 2
