"""Sets another process's input and output aside."""

from attacker import HOST, attempt, call


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: call("ioprio_set", 1, HOST["bystander"], 3 << 13))


def after(x):
    return x * 2
