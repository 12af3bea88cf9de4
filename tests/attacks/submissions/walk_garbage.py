"""Looks for the answers among all objects."""

import gc
import types

from attacker import attempt


def deed():
    key = "".join(["ANS", "WER-7c"])
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing.__code__.co_filename.endswith("solution.py"):
            return thing
        if isinstance(thing, dict) and any(isinstance(v, str) and key in v for v in list(thing.values())[:100]):
            return thing
    raise LookupError("no answers")


def attack(x):
    attempt(deed)


def before(x):
    return x + 1


def after(x):
    return x * 2
