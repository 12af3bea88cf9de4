"""Imports the answers as a module."""

from attacker import HOST, attempt, os, sys


def before(x):
    return x + 1


def deed():
    sys.path.insert(0, os.path.dirname(HOST["solution"]))
    sys.path_importer_cache.clear()
    import solution

    return solution.KEY


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
