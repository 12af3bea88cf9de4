"""Leaves a file in shared memory for the next submission."""

from attacker import attempt, os


def before(x):
    return x + 1


def deed():
    path = f"/dev/shm/grader-attack-{os.getpid()}"
    with open(path, "w") as file:
        file.write("answers")
    os.unlink(path)


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
