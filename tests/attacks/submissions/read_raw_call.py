"""Reads the answers by the bare system call, past Python."""

from attacker import HOST, attempt, call, os


def before(x):
    return x + 1


def deed():
    descriptor = call("openat", -100, HOST["solution"].encode(), 0, 0)
    return os.read(descriptor, 1000)


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
