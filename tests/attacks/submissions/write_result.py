"""Writes a result of full marks."""

from attacker import HOST, attempt


def before(x):
    return x + 1


def deed():
    with open(HOST["folder"] + "/grade.json", "w") as file:
        file.write('{"schema": 1, "score": 3, "max_score": 3}')


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
