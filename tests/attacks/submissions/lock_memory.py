"""Keeps memory from being swapped."""

from attacker import attempt, call, ctypes


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: call("mlock", ctypes.addressof(ctypes.create_string_buffer(4096)), 4096))


def after(x):
    return x * 2
