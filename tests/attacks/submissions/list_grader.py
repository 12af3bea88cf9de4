"""Lists the folder of the grader."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.listdir(HOST["grader"]))


def after(x):
    return x * 2
