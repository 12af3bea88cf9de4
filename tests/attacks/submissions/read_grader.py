"""Reads the grader's own code."""

from attacker import HOST, attempt


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: open(HOST["grader"] + "/grading/session.py").read())


def after(x):
    return x * 2
