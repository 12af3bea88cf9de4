"""Forks again and again."""

from attacker import attempt, os, time


def before(x):
    return x + 1


def deed():
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            time.sleep(0.05)
            os._exit(0)
        children.append(child)
    return [os.waitpid(child, 0) for child in children]


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
