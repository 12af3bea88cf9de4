"""Reads where there is no memory."""

import ctypes


def attack(x):
    print("RAN", flush=True)
    ctypes.string_at(8)


def before(x):
    return x + 1


def after(x):
    return x * 2
