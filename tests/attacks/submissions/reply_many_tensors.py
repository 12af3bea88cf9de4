"""Answers with a hundred thousand tensors of nothing."""

from attacker import reply


def attack(x):
    reply(b'{"tensors":[' + b'["bool",[0]],' * 99_999 + b'["bool",[0]]],"message":null}')


def before(x):
    return x + 1


def after(x):
    return x * 2
