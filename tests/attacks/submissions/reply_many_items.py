"""Answers with more values than anybody needs."""

from attacker import reply


def attack(x):
    reply(b'{"tensors":[],"message":{"list":[' + b"0," * 1_000_000 + b"0]}}")


def before(x):
    return x + 1


def after(x):
    return x * 2
