"""Looks for secrets in its environment."""

from attacker import attempt, os


def deed():
    return [name for name in os.environ if "SECRET" in name or "GRADER" in name or "PYTEST" in name][0]


def attack(x):
    attempt(deed)


def before(x):
    return x + 1


def after(x):
    return x * 2
