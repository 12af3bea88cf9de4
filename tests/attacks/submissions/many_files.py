"""Creates many small files."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def deed():
    for i in range(50):
        os.close(os.open(HOST["shared"] + f"/small-{i}", os.O_CREAT))


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
