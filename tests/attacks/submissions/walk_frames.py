"""Walks the frames up to whoever compares."""

import sys

from attacker import attempt


def deed():
    frame, found = sys._getframe(), []
    while frame:
        for name, value in list(frame.f_locals.items()) + list(frame.f_globals.items()):
            if name in ("expected", "reference", "solution", "plugin", "checks") or "ANSWER-" in repr(value)[:10_000]:
                found.append(name)
        frame = frame.f_back
    found.remove("name") if "name" in found else None
    return found[0]


def attack(x):
    attempt(deed)


def before(x):
    return x + 1


def after(x):
    return x * 2
