"""Answers with brackets in brackets."""

from attacker import reply


def attack(x):
    reply(b"[" * 1_000_000)


def before(x):
    return x + 1


def after(x):
    return x * 2
