"""Watches what happens in a folder."""

from attacker import attempt, call


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: call("inotify_init1", 0))


def after(x):
    return x * 2
