"""Replaces another student's file by its own."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.replace(HOST["folder"] + "/victim", HOST["folder"] + "/other.py"))


def after(x):
    return x * 2
